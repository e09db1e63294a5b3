# Everything comes from the system's packages (deploy/install-deps names them for Debian 12).
include(deploy/cmake/library-dependencies.cmake)
# Only the programs need these.
pkg_check_modules(forkmill_xxhash REQUIRED IMPORTED_TARGET GLOBAL libxxhash)
pkg_check_modules(forkmill_sqlite REQUIRED IMPORTED_TARGET GLOBAL sqlite3>=3.37)  # STRICT tables
