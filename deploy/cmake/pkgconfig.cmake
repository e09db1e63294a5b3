# forkmill-client.pc, forkmill-worker.pc and forkmill-local.pc for pkg-config, with the libraries that the CMake package has.
# The libraries are static, so what they need is not private. The files find their folder by where they are.
set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH up /${pkgconfig_folder} /)
string(REGEX REPLACE "/$" "" up "${up}")

function(forkmill_install_pc component description requires)
  set(libraries ${ARGN})
  list(TRANSFORM libraries PREPEND "-lforkmill-")
  list(JOIN libraries " " libraries)
  set(made ${PROJECT_BINARY_DIR}/package/forkmill-${component}.pc)
  configure_file(deploy/cmake/forkmill.pc.in ${made} @ONLY)
  install(FILES ${made} DESTINATION ${pkgconfig_folder} COMPONENT development)
endfunction()

set(common_requires "libzmq >= 4.3, libsodium, spdlog, fmt")
forkmill_install_pc(client "Submits tasks to a forkmill broker, and awaits their results" "${common_requires}"
  client transport seal proto)
forkmill_install_pc(worker "Runs the tasks of a forkmill broker" "${common_requires}"
  worker settings transport seal proto)
forkmill_install_pc(local "Runs a forkmill broker and its processes inside a program"
  "${common_requires}, sqlite3 >= 3.37, libpq >= 14"
  local client worker broker_program broker_division broker_core broker_store settings transport seal proto)
