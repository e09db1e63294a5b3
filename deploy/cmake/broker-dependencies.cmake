# What a broker needs beside what the libraries do. Read by this build, and by the installed forkmill-config.cmake for
# COMPONENTS local; after library-dependencies.cmake.
if(NOT TARGET PkgConfig::forkmill_sqlite)
  pkg_check_modules(forkmill_sqlite REQUIRED QUIET IMPORTED_TARGET GLOBAL sqlite3>=3.37)  # STRICT tables
endif()
