# cmake -DOUTPUT=FILE -DGZIP=PROGRAM [-DUPLOT=FOLDER] -P embed.cmake: writes the files of the folder `files` beside this
# script as C++, each as it is and compressed, and with them uplot.js and uplot.css: those of the npm package in FOLDER.
set(folder ${OUTPUT}.files)
file(REMOVE_RECURSE ${folder})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/files/ DESTINATION ${folder})
if(UPLOT)
  file(READ ${UPLOT}/LICENSE license)
  file(READ ${UPLOT}/dist/uPlot.iife.min.js library)  # sets the variable uPlot
  file(WRITE ${folder}/uplot.js "/*!\n${license}*/\n${library}\nexport default uPlot;\n")
  file(COPY_FILE ${UPLOT}/dist/uPlot.min.css ${folder}/uplot.css)
else()
  file(WRITE ${folder}/uplot.js "export default null;  // built without plots: FORKMILL_WEB_PLOTS\n")
  file(WRITE ${folder}/uplot.css "/* built without plots: FORKMILL_WEB_PLOTS */\n")
endif()

file(GLOB names RELATIVE ${folder} ${folder}/*)
list(SORT names)
set(arrays "")
set(rows "")
foreach(name ${names})
  execute_process(COMMAND ${GZIP} -9nc ${folder}/${name} OUTPUT_FILE ${folder}/${name}.gz COMMAND_ERROR_IS_FATAL ANY)
  set(row "    {\"${name}\"")
  foreach(file ${name} ${name}.gz)
    string(MAKE_C_IDENTIFIER ${file} variable)
    file(READ ${folder}/${file} hex HEX)
    string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
    string(APPEND arrays "constexpr char k_${variable}[] = {${bytes}};\n")
    string(APPEND row ", {k_${variable}, sizeof k_${variable}}")
  endforeach()
  string(APPEND rows "${row}},\n")
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
