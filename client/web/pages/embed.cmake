# cmake -DOUTPUT=FILE -P embed.cmake: writes the files of the folder `files` beside this script as C++.
file(GLOB names RELATIVE ${CMAKE_CURRENT_LIST_DIR}/files ${CMAKE_CURRENT_LIST_DIR}/files/*)
list(SORT names)
set(arrays "")
set(rows "")
foreach(name ${names})
  file(READ ${CMAKE_CURRENT_LIST_DIR}/files/${name} hex HEX)
  string(MAKE_C_IDENTIFIER ${name} variable)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char k_${variable}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${name}\", {k_${variable}, sizeof k_${variable}}},\n")
endforeach()
file(WRITE ${OUTPUT}.new "#include \"client/web/pages/pages.h\"
namespace forkmill::web {
namespace {
${arrays}constexpr PageFile kPageFiles[] = {
${rows}};
}
std::span<const PageFile> page_files() { return kPageFiles; }
}
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
file(REMOVE ${OUTPUT}.new)
