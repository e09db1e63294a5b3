#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "client/cli/commands/completion/scripts.h"
#include "client/cli/text/joined.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxDescription = 72;

// The values of options, by the name that the help has for them. An option has those that its description names.
const std::map<std::string, std::vector<std::string>>& choices_by_type() {
  static const std::map<std::string, std::vector<std::string>> choices{
      {"FORMAT", {"table", "wide", "text", "json", "jsonl"}},
      {"LEVEL", {"trace", "debug", "info", "warn", "error", "off"}},
      {"MODE", {"durable", "memory"}},
      {"STATE", {"scheduled", "ready", "running", "succeeded", "failed", "cancelled", "expired"}},
  };
  return choices;
}

// The beginning of a description: up to the first semicolon, the end of the first sentence, or a remark in brackets.
std::string summary_of(std::string text) {
  for (const char* end : {"; ", ". ", " ["}) text = text.substr(0, text.find(end));
  if (text.size() > kMaxDescription) text = text.substr(0, text.rfind(' ', kMaxDescription)) + " ...";
  return text;
}

// Whether the text has the word, which is not a part of another word: "jsonl" does not have "json".
bool has_word(std::string_view text, std::string_view word) {
  const auto is_end = [&](std::size_t at) {
    return at >= text.size() || std::isalnum(static_cast<unsigned char>(text[at])) == 0;
  };
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    if ((at == 0 || is_end(at - 1)) && is_end(at + word.size())) return true;
  return false;
}

CompletionOption completion_option(const CLI::Option& option) {
  CompletionOption result;
  for (const auto& name : option.get_snames()) result.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) result.names.push_back("--" + name);
  result.description = summary_of(option.get_description());
  const auto type = option.get_type_name();
  result.has_value = option.get_type_size() != 0 && !type.empty();
  result.has_file = type == "FILE" || type == "DIR" || type == "PATH";
  const auto found = choices_by_type().find(type);
  if (!result.has_value || found == choices_by_type().end()) return result;
  for (const auto& choice : found->second) {
    if (has_word(option.get_description(), choice)) result.choices.push_back(choice);
  }
  return result;
}

void add_points(const CLI::App& command, const std::string& path, std::vector<CompletionPoint>& points) {
  CompletionPoint point{.path = path};
  for (const auto* below : command.get_subcommands({}))
    point.commands.emplace_back(below->get_name(), summary_of(below->get_description()));
  for (const auto* option : command.get_options()) {
    if (!option->get_positional()) point.options.push_back(completion_option(*option));
  }
  points.push_back(std::move(point));
  for (const auto* below : command.get_subcommands({})) {
    add_points(*below, path + " " + below->get_name(), points);
    for (const auto& alias : below->get_aliases()) add_points(*below, path + " " + alias, points);
  }
}

}  // namespace

std::vector<CompletionPoint> completion_points(const CLI::App& app) {
  std::vector<CompletionPoint> points;
  add_points(app, app.get_name(), points);
  const auto help = std::ranges::find(points, app.get_name() + " help", &CompletionPoint::path);
  if (help != points.end()) help->commands = points.front().commands;
  return points;
}

std::string quoted_paths(const std::vector<CompletionPoint>& points, const std::string& separator) {
  std::vector<std::string> paths;
  for (auto point = points.begin() + 1; point < points.end(); ++point) paths.push_back("'" + point->path + "'");
  return joined(paths, separator);
}

std::string path_search(const std::vector<CompletionPoint>& points) {
  return "    case \"$at $word\" in\n"
         "      (" +
         quoted_paths(points, "|") +
         ") at+=\" $word\" ;;\n"
         "    esac\n";
}

}  // namespace forkmill::cli
