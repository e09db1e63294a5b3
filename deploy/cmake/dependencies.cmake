# All dependencies are system packages; deploy/install-deps lists those of Debian 12.
include(deploy/cmake/library-dependencies.cmake)
include(deploy/cmake/broker-dependencies.cmake)
# The forkmill command links xxHash; the libraries include its header only.
pkg_check_modules(forkmill_xxhash REQUIRED QUIET IMPORTED_TARGET libxxhash)
# The HTTP gateway sends spans to collectors by libcurl.
pkg_check_modules(forkmill_curl QUIET IMPORTED_TARGET libcurl>=7.66)
option(FORKMILL_OTLP "Let the HTTP gateway export spans (needs libcurl)" ${forkmill_curl_FOUND})
if(NOT FORKMILL_OTLP)
  message(STATUS "The HTTP gateway cannot export spans (FORKMILL_OTLP is OFF)")
endif()
if(FORKMILL_OTLP AND NOT forkmill_curl_FOUND)
  message(FATAL_ERROR "FORKMILL_OTLP needs libcurl: install libcurl4-openssl-dev, or set the option to OFF")
endif()
