# Man pages and shell completions, which the programs describe themselves: deploy/make-pages reads their --help.
find_package(Python3 COMPONENTS Interpreter QUIET)
set(pages_by_default OFF)
if(PROJECT_IS_TOP_LEVEL AND Python3_FOUND AND NOT FORKMILL_SANITIZE AND NOT FORKMILL_COVERAGE AND NOT CMAKE_CROSSCOMPILING)
  set(pages_by_default ON)
endif()
option(FORKMILL_BUILD_PAGES "Make man pages and shell completions (needs Python)" ${pages_by_default})
if(NOT FORKMILL_BUILD_PAGES)
  return()
endif()
if(NOT Python3_FOUND)
  message(FATAL_ERROR "FORKMILL_BUILD_PAGES needs Python 3: install it, or set the option to OFF")
endif()

set(forkmill_pages ${PROJECT_BINARY_DIR}/pages)
set(compressed "")
if(FORKMILL_DEBIAN_PACKAGES)
  set(compressed --gzip)
endif()
add_custom_command(OUTPUT ${forkmill_pages}/made
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${forkmill_pages}
  COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/deploy/make-pages $<TARGET_FILE_DIR:forkmill> ${forkmill_pages}
          --version ${PROJECT_VERSION} ${compressed}
  COMMAND ${CMAKE_COMMAND} -E touch ${forkmill_pages}/made
  DEPENDS deploy/make-pages forkmill forkmill-broker forkmill-worker
  COMMENT "Making man pages and completions" VERBATIM)
add_custom_target(forkmill_pages ALL DEPENDS ${forkmill_pages}/made)

install(DIRECTORY ${forkmill_pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT command)
foreach(component broker worker)
  install(DIRECTORY ${forkmill_pages}/man8 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT ${component}
    FILES_MATCHING PATTERN "forkmill-${component}.*")
endforeach()
# Where the shells look: zsh of Debian leaves site-functions to /usr/local.
set(zsh_folder ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(FORKMILL_DEBIAN_PACKAGES)
  set(zsh_folder ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
install(FILES ${forkmill_pages}/completions/forkmill
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT command)
install(FILES ${forkmill_pages}/completions/_forkmill DESTINATION ${zsh_folder} COMPONENT command)
install(FILES ${forkmill_pages}/completions/forkmill.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT command)
