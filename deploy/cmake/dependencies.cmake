# Everything comes from the system's packages (deploy/install-deps names them for Debian 12).
include(deploy/cmake/library-dependencies.cmake)
include(deploy/cmake/broker-dependencies.cmake)
