# An interface target with the language level, warnings and instrumentation. Each target of forkmill links it privately.
add_library(forkmill_options INTERFACE)
target_compile_features(forkmill_options INTERFACE cxx_std_20)
target_compile_options(forkmill_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual -Wcast-align -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 at -O3 falsely reports overlapping copies in "text" + std::string (GCC bug 105651).
  target_compile_options(forkmill_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The garbage collector of GCC takes up to a fifth of the compile time of sources that need at most 512 MiB.
  target_compile_options(forkmill_options INTERFACE --param=ggc-min-heapsize=524288)
endif()
if(FORKMILL_WERROR)
  target_compile_options(forkmill_options INTERFACE -Werror)
endif()
target_include_directories(forkmill_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(forkmill_options INTERFACE FORKMILL_VERSION="${PROJECT_VERSION}")
if(FORKMILL_BUILD_TESTS)
  # The deliberate faults and forced paths of the simulator (proto/mutants.h, proto/buggify.h), never in a Release build.
  target_compile_definitions(forkmill_options INTERFACE $<$<NOT:$<CONFIG:Release,MinSizeRel>>:FORKMILL_MUTANTS>)
endif()
if(FORKMILL_SANITIZE)
  add_compile_options(-fsanitize=${FORKMILL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FORKMILL_SANITIZE})
  if(FORKMILL_SANITIZE MATCHES "undefined" AND NOT FORKMILL_BUILD_FUZZERS)
    # The vptr check opens a pipe to read an object. In programs without free descriptors, as some tests have, it fails for
    # every object.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
if(FORKMILL_BUILD_FUZZERS)
  # All code that a fuzz target runs is instrumented, so that the fuzzer sees its coverage.
  add_compile_options(-fsanitize=fuzzer-no-link -gline-tables-only)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(FORKMILL_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
find_program(FORKMILL_CCACHE ccache)
if(FORKMILL_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FORKMILL_CCACHE})
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# forkmill_unity(TARGET BATCH) compiles up to BATCH sources of a target as one in a unity build. Headers take most of the
# time of a single source: a unity build takes a quarter of the time of a build from scratch, but more after a change of
# one source.
function(forkmill_unity target batch)
  set_target_properties(${target} PROPERTIES UNITY_BUILD "${FORKMILL_UNITY_BUILD}" UNITY_BUILD_BATCH_SIZE ${batch})
endfunction()

# forkmill_library(NAME SOURCES ... PUBLIC ... PRIVATE ...) adds a static library, one per room, with the alias
# forkmill::NAME.
function(forkmill_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(forkmill_${name} STATIC ${ARG_SOURCES})
  add_library(forkmill::${name} ALIAS forkmill_${name})
  target_link_libraries(forkmill_${name} PUBLIC ${ARG_PUBLIC} PRIVATE $<BUILD_INTERFACE:forkmill_options> ${ARG_PRIVATE})
  forkmill_unity(forkmill_${name} 32)
  set_target_properties(forkmill_${name} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME forkmill-${name})
endfunction()

# forkmill_program(NAME [INSTALLED] [UNITY] SOURCES ... LINK ...) adds an executable. INSTALLED ones are built in the folder
# bin, so that a PATH with this folder leads to all of them, as after an installation. For a build that is quick from
# nothing, the sources of a UNITY one are compiled as those of a library.
function(forkmill_program name)
  cmake_parse_arguments(ARG "INSTALLED;UNITY" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(ARG_INSTALLED)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  endif()
  if(ARG_UNITY)
    forkmill_unity(${name} 16)
  endif()
  target_link_libraries(${name} PRIVATE forkmill_options ${ARG_LINK})
endfunction()
