# All dependencies are system packages; deploy/install-deps lists those of Debian 12.
include(deploy/cmake/library-dependencies.cmake)
include(deploy/cmake/broker-dependencies.cmake)
# The forkmill command links xxHash; the libraries include its header only.
pkg_check_modules(forkmill_xxhash REQUIRED QUIET IMPORTED_TARGET libxxhash)
