# Install components: `broker`, `worker` and `command` (what runs, with its pages and systemd unit), `development` (libraries,
# headers, files for CMake and pkg-config) and `examples`, which only `cmake --install --component examples` installs (the
# container image does).
include(CMakePackageConfigHelpers)

set(forkmill_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/forkmill)

install(TARGETS forkmill-broker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT broker)
install(TARGETS forkmill-worker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT worker)
install(TARGETS forkmill forkmill-web RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)

# A static library needs the libraries it was built from: transport and settings are exported for the linker, not for
# users.
install(TARGETS forkmill_proto forkmill_seal forkmill_transport forkmill_settings forkmill_client forkmill_worker EXPORT forkmill-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# local:// contains a broker and has its dependencies, so it is a component that only its users load.
install(TARGETS forkmill_local forkmill_broker_program forkmill_broker_division forkmill_broker_core forkmill_broker_store
  EXPORT forkmill-local-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT forkmill-local-targets NAMESPACE forkmill:: DESTINATION ${forkmill_package_dir} COMPONENT development)
install(DIRECTORY proto/include/ client/include/ worker/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
install(EXPORT forkmill-targets NAMESPACE forkmill:: DESTINATION ${forkmill_package_dir} COMPONENT development)

# In a folder that find_package() does not search: the package is complete only where it is installed.
set(forkmill_package_files ${PROJECT_BINARY_DIR}/package)
configure_package_config_file(deploy/cmake/forkmill-config.cmake.in ${forkmill_package_files}/forkmill-config.cmake
  INSTALL_DESTINATION ${forkmill_package_dir})
write_basic_package_version_file(${forkmill_package_files}/forkmill-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${forkmill_package_files}/forkmill-config.cmake ${forkmill_package_files}/forkmill-config-version.cmake
  DESTINATION ${forkmill_package_dir} COMPONENT development)
install(FILES deploy/cmake/library-dependencies.cmake RENAME forkmill-dependencies.cmake
  DESTINATION ${forkmill_package_dir} COMPONENT development)
install(FILES deploy/cmake/broker-dependencies.cmake RENAME forkmill-local-dependencies.cmake
  DESTINATION ${forkmill_package_dir} COMPONENT development)

if(FORKMILL_BUILD_EXAMPLES)
  foreach(example forkmill-census forkmill-census-worker)
    if(TARGET ${example})
      install(TARGETS ${example} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT examples EXCLUDE_FROM_ALL)
    endif()
  endforeach()
endif()
