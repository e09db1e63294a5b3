# One interface target carries the language level, warnings and instrumentation; every target of ours links it privately.
add_library(forkmill_options INTERFACE)
target_compile_features(forkmill_options INTERFACE cxx_std_20)
target_compile_options(forkmill_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual -Wcast-align -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in "text" + std::string where there are none (its bug 105651), at -O3 only.
  target_compile_options(forkmill_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Its garbage collector takes up to a fifth of the time of sources that need half a gigabyte at the most.
  target_compile_options(forkmill_options INTERFACE --param=ggc-min-heapsize=524288)
endif()
if(FORKMILL_WERROR)
  target_compile_options(forkmill_options INTERFACE -Werror)
endif()
target_include_directories(forkmill_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(forkmill_options INTERFACE FORKMILL_VERSION="${PROJECT_VERSION}")
if(FORKMILL_BUILD_TESTS)
  # The deliberate faults and forced paths of the simulator (proto/mutants.h, proto/buggify.h): never in a Release build.
  target_compile_definitions(forkmill_options INTERFACE $<$<NOT:$<CONFIG:Release,MinSizeRel>>:FORKMILL_MUTANTS>)
endif()
if(FORKMILL_SANITIZE)
  add_compile_options(-fsanitize=${FORKMILL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FORKMILL_SANITIZE})
  if(FORKMILL_SANITIZE MATCHES "undefined" AND NOT FORKMILL_BUILD_FUZZERS)
    # It looks at an object through a pipe of its own: in a program out of descriptors, as tests make them, no object is
    # one for it.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
if(FORKMILL_BUILD_FUZZERS)
  # Everything a fuzz target runs is instrumented, so that the fuzzer sees which inputs lead where.
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

# forkmill_library(NAME SOURCES ... PUBLIC ... PRIVATE ...): a static library, one per room, also known as forkmill::NAME.
function(forkmill_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(forkmill_${name} STATIC ${ARG_SOURCES})
  add_library(forkmill::${name} ALIAS forkmill_${name})
  target_link_libraries(forkmill_${name} PUBLIC ${ARG_PUBLIC} PRIVATE $<BUILD_INTERFACE:forkmill_options> ${ARG_PRIVATE})
  # Several sources as one: a third of the compiler's time from nothing, more of it after a change.
  set_target_properties(forkmill_${name} PROPERTIES UNITY_BUILD "${FORKMILL_UNITY_BUILD}")
  set_target_properties(forkmill_${name} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME forkmill-${name})
endfunction()

# forkmill_program(NAME SOURCES ... LINK ...): an executable.
function(forkmill_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE forkmill_options ${ARG_LINK})
endfunction()
