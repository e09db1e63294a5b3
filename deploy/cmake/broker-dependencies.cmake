# Dependencies of the broker beyond those of the libraries. Included after library-dependencies.cmake, by this build and,
# for COMPONENTS local, by the installed forkmill-config.cmake.
if(NOT TARGET PkgConfig::forkmill_sqlite)
  pkg_check_modules(forkmill_sqlite REQUIRED QUIET IMPORTED_TARGET GLOBAL sqlite3>=3.37)  # STRICT tables
endif()
if(NOT TARGET PkgConfig::forkmill_pq)
  pkg_check_modules(forkmill_pq REQUIRED QUIET IMPORTED_TARGET GLOBAL libpq>=14)  # pipelines
endif()
