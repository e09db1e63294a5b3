#include "client/cli/commands/completion/scripts.h"
#include "client/cli/text/joined.h"

namespace forkmill::cli {

namespace {

// "NAME:DESCRIPTION" in single quotes, as _describe takes it.
std::string zsh_item(const std::string& name, const std::string& description) {
  std::string item = "'";
  for (const char c : name) item += c == ':' ? std::string{"\\:"} : std::string{c};
  item += ':';
  for (const char c : description) item += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return item + "'";
}

std::string zsh_case(const CompletionPoint& point) {
  std::string text = "    ('" + point.path + "')\n      names=(";
  for (const auto& [name, description] : point.commands) text += "\n        " + zsh_item(name, description);
  text += ")\n      options=(";
  std::string values;
  for (const auto& option : point.options) {
    for (const auto& name : option.names) text += "\n        " + zsh_item(name, option.description);
    if (!option.has_value) continue;
    values +=
        "        (" + joined(option.names, "|") + ") has_value=1 choices=(" + joined(option.choices, " ") + ") ;;\n";
  }
  text += ")\n";
  if (!values.empty()) text += "      case $words[CURRENT-1] in\n" + values + "      esac\n";
  return text + "      ;;\n";
}

}  // namespace

std::string zsh_script(const std::vector<CompletionPoint>& points) {
  std::string cases;
  for (const auto& point : points) cases += zsh_case(point);
  return "#compdef forkmill\n"
         "_forkmill() {\n"
         "  local at=forkmill word has_value=0\n"
         "  local -a names options choices\n"
         "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n" +
         path_search(points) +
         "  done\n"
         "  case $at in\n" +
         cases +
         "  esac\n"
         "  if (( $#choices )); then\n"
         "    compadd -a choices\n"
         "  elif (( has_value )); then\n"
         "    _files\n"
         "  elif [[ $PREFIX == -* ]]; then\n"
         "    _describe -o option options\n"
         "  elif (( $#names )); then\n"
         "    _describe command names\n"
         "  else\n"
         "    _default\n"
         "  fi\n"
         "}\n"
         "if [[ $funcstack[1] == _forkmill ]]; then\n"
         "  _forkmill \"$@\"\n"
         "else\n"
         "  compdef _forkmill forkmill\n"
         "fi\n";
}

}  // namespace forkmill::cli
