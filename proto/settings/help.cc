#include "proto/settings/help.h"

#include <algorithm>
#include <sstream>

namespace forkmill::proto {

namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kNameColumns = 32;

// "ID...": the text of a positional argument, which stands for its name as well.
std::string argument_name(const CLI::Option& option) {
  return option.get_option_text().empty() ? option.get_name(true, false) : option.get_option_text();
}

// Reads a word, or "[all that is in brackets]".
bool next_word(std::istringstream& words, std::string& word) {
  if (!(words >> word)) return false;
  for (std::string more; word.starts_with('[') && !word.ends_with(']') && words >> more;) word += ' ' + more;
  return true;
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width) {
  std::istringstream words{text};
  std::string result;
  std::size_t column = 0;
  for (std::string word; next_word(words, word);) {
    const bool fits = column + 1 + word.size() <= width;
    if (column > 0) result += fits ? ' ' : '\n';
    column = column > 0 && fits ? column + 1 + word.size() : word.size();
    result += word;
  }
  return result;
}

HelpLayout::HelpLayout() {
  column_width(kNameColumns);
  label("Positionals", "Arguments");
  label("SUBCOMMAND", "COMMAND");
}

std::string HelpLayout::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  auto text = CLI::detail::find_and_replace(CLI::Formatter::make_help(app, std::move(name), mode), "\n\n\n", "\n\n");
  text.erase(std::min(text.find_last_not_of('\n') + 1, text.size()));
  return text + "\n";
}

std::string HelpLayout::make_usage(const CLI::App* app, std::string name) const {
  return "\n" + CLI::Formatter::make_usage(app, std::move(name));
}

std::string HelpLayout::make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const {
  return CLI::detail::find_and_replace(CLI::Formatter::make_subcommands(app, mode), "\nSubcommands:\n",
                                       "\nCommands:\n");
}

std::string HelpLayout::make_option_name(const CLI::Option* option, bool is_positional) const {
  return is_positional ? argument_name(*option) : CLI::Formatter::make_option_name(option, false);
}

std::string HelpLayout::make_option_opts(const CLI::Option* option) const {
  const bool has_value = option->get_type_size() != 0 && !option->get_type_name().empty();
  return option->get_positional() || !has_value ? "" : " " + option->get_type_name();
}

std::string HelpLayout::make_option_desc(const CLI::Option* option) const {
  return wrapped(option->get_description(), kColumns - kNameColumns);
}

std::string HelpLayout::make_option_usage(const CLI::Option* option) const {
  const auto name = argument_name(*option);
  return option->get_required() ? name : "[" + name + "]";
}

}  // namespace forkmill::proto
