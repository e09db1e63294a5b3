# The systemd units, with the place of the programs that `cmake --install --prefix` has chosen. The Debian packages create
# the user of the units; without them, systemd does, as long as a unit runs.
set(forkmill_unit_user "DynamicUser=yes\nUser=forkmill")
if(FORKMILL_DEBIAN_PACKAGES)
  set(forkmill_unit_user "User=forkmill\nGroup=forkmill")
endif()

function(forkmill_install_unit unit component)
  set(made ${PROJECT_BINARY_DIR}/systemd/${unit})
  install(CODE "set(FORKMILL_BIN \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    set(FORKMILL_USER \"${forkmill_unit_user}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/deploy/systemd/${unit}.in\" \"${made}\" @ONLY)" COMPONENT ${component})
  install(FILES ${made} DESTINATION lib/systemd/system COMPONENT ${component})
endfunction()

forkmill_install_unit(forkmill-broker.service broker)
forkmill_install_unit(forkmill-worker@.service worker)
forkmill_install_unit(forkmill-web.service command)
