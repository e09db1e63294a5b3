#include "client/cli/text/usage.h"

#include <algorithm>
#include <vector>

#include "client/cli/text/joined.h"
#include "proto/settings/nearest.h"

namespace forkmill::cli {

namespace {

// "forkmill task ls"
std::string full_name(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + command.get_name();
}

// The command that the command line has named, as far as CLI11 has understood it.
const CLI::App& chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : chosen_command(*chosen.front());
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9') && word[1] != '.';
}

// The argument that the error says is missing; null: the error says something else.
const CLI::Option* missing_argument(const CLI::App& command, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return nullptr;
  const auto options = command.get_options(
      [](const CLI::Option* option) { return option->get_positional() && option->get_required() && option->empty(); });
  return options.empty() ? nullptr : options.front();
}

// "ID" for "ids" and "ID...".
std::string argument_word(const CLI::Option& option) {
  const auto& word = option.get_option_text();
  return word.substr(0, word.find("..."));
}

// "ID or " for a command that has an argument, or commands below it.
std::string argument_or(const CLI::App& command) {
  const auto arguments = command.get_options([](const CLI::Option* option) { return option->get_positional(); });
  return arguments.empty() ? "" : argument_word(*arguments.front()) + " or ";
}

std::string text_of_error(const CLI::App& command, const CLI::ParseError& error) {
  const auto words = command.remaining();
  const bool is_group = !command.get_subcommands({}).empty();
  if (is_group && !words.empty() && words[0][0] != '-') return unknown_command(command, words[0]);
  const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (is_extra && !words.empty()) {
    const auto wrong = std::find_if(words.begin(), words.end(), looks_like_option);
    if (wrong == words.end()) return "unexpected argument '" + words[0] + "'";
    const auto option = wrong->substr(0, wrong->find('='));
    return proto::with_suggestion("unknown option " + option, proto::nearest(option, option_names(command)));
  }
  if (is_group && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return full_name(command) + " needs " + argument_or(command) + "one of the commands " +
           joined(command_names(command), ", ");
  if (const auto* missing = missing_argument(command, error); missing != nullptr)
    return missing->get_items_expected_max() > 1 ? "give at least one " + argument_word(*missing)
                                                 : argument_word(*missing) + " is missing";
  return error.what();
}

}  // namespace

std::string unknown_command(const CLI::App& app, const std::string& word) {
  const auto suggestion = proto::nearest(word, command_names(app));
  const auto name = full_name(app) + " " + word;
  if (!suggestion.empty())
    return proto::with_suggestion("there is no command '" + name + "'", full_name(app) + " " + suggestion);
  return "there is no command '" + name + "'; there are " + joined(command_names(app), ", ");
}

std::string usage_text(const CLI::App& app, const CLI::ParseError& error) {
  const auto& command = chosen_command(app);
  return text_of_error(command, error) + "\n  fix: see " + full_name(command) + " --help";
}

}  // namespace forkmill::cli
