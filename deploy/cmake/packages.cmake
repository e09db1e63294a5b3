# Debian packages by CPack, one for each component: `deploy/package` makes them.
set(FORKMILL_DEBIAN_REVISION 1 CACHE STRING "Debian revision of the packages")
set(FORKMILL_MAINTAINER "forkmill maintainers <forkmill@example.org>" CACHE STRING "Maintainer of the packages")
if(NOT FORKMILL_BUILD_PAGES)
  message(FATAL_ERROR "Debian packages have man pages: they need FORKMILL_BUILD_PAGES")
endif()

if(NOT FORKMILL_OTLP)
  message(FATAL_ERROR "the gateway of the Debian packages exports spans: they need FORKMILL_OTLP")
endif()

set(forkmill_debian ${PROJECT_SOURCE_DIR}/deploy/debian)
set(changelog ${PROJECT_BINARY_DIR}/debian/changelog.Debian.gz)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/debian)
add_custom_command(OUTPUT ${changelog}
  COMMAND Python3::Interpreter ${forkmill_debian}/make-changelog ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${changelog}
          --revision ${FORKMILL_DEBIAN_REVISION} --maintainer ${FORKMILL_MAINTAINER}
  DEPENDS ${forkmill_debian}/make-changelog CHANGELOG.md VERBATIM)
add_custom_target(forkmill_changelog ALL DEPENDS ${changelog})

# forkmill_package(COMPONENT NAME SECTION SUMMARY DESCRIPTION) sets what CPack needs for a component.
macro(forkmill_package component name section summary description)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}\n${description}")
  install(FILES ${changelog} ${forkmill_debian}/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
    COMPONENT ${component})
  install(FILES ${forkmill_debian}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
    RENAME ${name} COMPONENT ${component})
endmacro()

# forkmill_service(COMPONENT NAME UNITS) adds the maintainer scripts of a component with units (a pattern), and the settings
# of these. A component has scripts of its own in deploy/debian/COMPONENT; the others are made from deploy/debian/*.in.
macro(forkmill_service component name units)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "adduser")
  set(made ${PROJECT_BINARY_DIR}/debian/${component})
  set(control ${made}/conffiles)
  file(WRITE ${made}/conffiles "/etc/default/${name}\n")
  set(units ${units})  # a parameter of a macro is no variable, which configure_file() needs
  foreach(script postinst prerm postrm)
    if(EXISTS ${forkmill_debian}/${component}/${script})
      list(APPEND control ${forkmill_debian}/${component}/${script})
    else()
      configure_file(${forkmill_debian}/${script}.in ${made}/${script} @ONLY)
      list(APPEND control ${made}/${script})
    endif()
  endforeach()
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${control}")
  install(FILES ${forkmill_debian}/default/${name} DESTINATION /etc/default COMPONENT ${component})
endmacro()

forkmill_package(broker forkmill-broker net "distributed task queue (broker)"
"The broker of forkmill keeps tasks in named queues, hands them to workers and
delivers their results. Tasks are on disk before they are acknowledged, have
priorities, deadlines, retries and time limits, and are kept as dead letters
if they fail for good.
.
The service stores its tasks in /var/lib/forkmill, and listens on a socket for
the user forkmill.")
forkmill_package(worker forkmill-worker net "distributed task queue (workers)"
"A worker of forkmill runs tasks in a pool of pre-forked processes. It replaces
processes that crash, stops tasks at their time limits, and lets running tasks
finish before it stops.
.
This package has the worker that runs commands. Workers with tasks of their own
are built with libforkmill-dev.")
forkmill_package(command forkmill net "distributed task queue (command and web gateway)"
"The command forkmill submits tasks, runs commands on the workers of a cluster
like GNU parallel, and shows and controls the cluster.
.
The gateway forkmill-web serves web pages, an HTTP API and metrics for
Prometheus.")
forkmill_package(development libforkmill-dev libdevel "distributed task queue (development files)"
"The C++20 libraries of forkmill: clients with typed tasks and futures, workers
with tasks of their own, and processes, pools, locks and queues after those of
multiprocessing of Python.
.
The libraries are static. This package has their headers, and files for CMake
and pkg-config.")
forkmill_service(broker forkmill-broker forkmill-broker.service)
forkmill_service(worker forkmill-worker forkmill-worker@*.service)
forkmill_service(command forkmill-web forkmill-web.service)
set(CPACK_DEBIAN_BROKER_PACKAGE_SUGGESTS "forkmill, forkmill-worker")
set(CPACK_DEBIAN_WORKER_PACKAGE_SUGGESTS "forkmill-broker")
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS "forkmill-broker, forkmill-worker")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libzmq3-dev, libspdlog-dev, libfmt-dev, libmsgpack-cxx-dev, libsqlite3-dev, libpq-dev, libsodium-dev, pkg-config")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME forkmill)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${FORKMILL_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL broker worker command development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${FORKMILL_DEBIAN_REVISION})
set(CPACK_DEBIAN_PACKAGE_SOURCE forkmill)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
