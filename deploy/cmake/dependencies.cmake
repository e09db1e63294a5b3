# Everything comes from the system's packages (deploy/install-deps names them for Debian 12).
include(deploy/cmake/library-dependencies.cmake)
include(deploy/cmake/broker-dependencies.cmake)
# The command's checksums. The libraries need no more of it than its header.
pkg_check_modules(forkmill_xxhash REQUIRED QUIET IMPORTED_TARGET libxxhash)
