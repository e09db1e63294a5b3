#include "client/cli/commands/map/command_line.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "client/cli/commands/map/unsupported_parallel_options.h"
#include "proto/settings/nearest.h"

namespace forkmill::cli {

namespace {

// Other names of options in GNU parallel.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kAliases{{
    {"--dryrun", "--dry-run"},
    {"--workdir", "--wd"},
    {"--work-dir", "--wd"},
    {"--halt-on-error", "--halt"},
    {"--max-procs", "--jobs"},
    {"--res", "--results"},
    {"--jl", "--joblog"},
    {"--xapply", "--link"},
    {"--spreadstdin", "--pipe"},
    {"--block-size", "--block"},
    {"--progress", "--eta"},
}};

// Options of scripts for GNU parallel that ask for what is so in any case.
constexpr std::array<std::string_view, 4> kWithoutEffect{"--will-cite", "--no-notice", "--gnu", "--group"};

std::vector<std::string> long_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  for (const auto& [alias, target] : kAliases) names.emplace_back(alias);
  return names;
}

[[noreturn]] void reject_option(const CLI::App& command, const std::string& name) {
  if (const auto place = place_of(name); !place.empty())
    throw CLI::ValidationError{name + " is not supported: " + std::string{place}};
  throw CLI::ValidationError{
      proto::with_suggestion("unknown option " + name, proto::nearest(name, long_names(command)))};
}

bool is_source(std::string_view word) { return word == ":::" || word == ":::+" || word == "::::" || word == "::::+"; }

// Whether the word stands for itself: a command, or "-".
bool is_word(std::string_view word) { return word.size() < 2 || word[0] != '-' || is_source(word); }

class OptionReader {
 public:
  OptionReader(const CLI::App& command, const std::vector<std::string>& arguments, std::size_t at)
      : command_{command}, arguments_{arguments}, at_{at} {}

  // Reads options up to the first word. Returns them with their full names, each value on its own.
  std::vector<std::string> read() {
    while (at_ < arguments_.size() && !is_word(arguments_[at_])) {
      const auto& text = arguments_[at_];
      if (text == "--") {
        ++at_;
        break;
      }
      ++at_;
      text.starts_with("--") ? read_long(text) : read_short(text);
    }
    return std::move(options_);
  }
  std::size_t at() const { return at_; }  // the first word that was not read

 private:
  static bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

  void add(const CLI::Option& option, const std::string& name, const std::string* value) {
    options_.push_back(name);
    if (!takes_value(option)) {
      if (value != nullptr) throw CLI::ValidationError{name + " takes no value"};
      return;
    }
    if (value == nullptr && at_ == arguments_.size()) throw CLI::ValidationError{name + " needs a value"};
    options_.push_back(value != nullptr ? *value : arguments_[at_++]);
  }

  void read_long(const std::string& text) {
    if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), text) != kWithoutEffect.end()) return;
    const auto equals = text.find('=');
    const auto name = full_name(text.substr(0, equals));
    const auto* option = command_.get_option_no_throw(name);
    if (option == nullptr) reject_option(command_, text.substr(0, equals));
    const auto value = equals == std::string::npos ? std::string{} : text.substr(equals + 1);
    add(*option, name, equals == std::string::npos ? nullptr : &value);
  }

  // "-k", "-j4", "-kj4", "-j 4".
  void read_short(const std::string& text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      const std::string name{'-', text[i]};
      const auto* option = command_.get_option_no_throw(name);
      if (option == nullptr) reject_option(command_, i == 1 && text.size() > 2 && text[1] != '-' ? name : text);
      const auto value = text.substr(i + 1);
      const bool attached = takes_value(*option) && !value.empty();
      add(*option, name, attached ? &value : nullptr);
      if (takes_value(*option)) return;
    }
  }

  // The option that `name` is, is another name of, or is a unique beginning of.
  std::string full_name(const std::string& name) const {
    if (command_.get_option_no_throw(name) != nullptr || !place_of(name).empty()) return name;
    const auto* const alias =
        std::find_if(kAliases.begin(), kAliases.end(), [&](auto& one) { return one.first == name; });
    if (alias != kAliases.end()) return std::string{alias->second};
    const auto found = beginning_with(name);
    if (found.empty()) return name;
    std::string texts;
    for (const auto& [text, target] : found) texts += (texts.empty() ? "" : ", ") + text;
    const auto differs = [&](auto& one) { return one.second != found[0].second; };
    if (std::any_of(found.begin(), found.end(), differs))
      throw CLI::ValidationError{"option " + name + " is ambiguous: " + texts};
    return found[0].second;
  }

  // The long names that begin with `name`, with the names of their options.
  std::vector<std::pair<std::string, std::string>> beginning_with(const std::string& name) const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto* option : command_.get_options()) {
      for (const auto& one : option->get_lnames()) {
        if (("--" + one).starts_with(name)) found.emplace_back("--" + one, "--" + option->get_lnames()[0]);
      }
    }
    for (const auto& [alias, target] : kAliases) {
      if (!alias.starts_with(name)) continue;
      const auto* option = command_.get_option_no_throw(std::string{target});
      const bool has_long = option != nullptr && !option->get_lnames().empty();
      found.emplace_back(alias, has_long ? "--" + option->get_lnames()[0] : std::string{target});
    }
    return found;
  }

  const CLI::App& command_;
  const std::vector<std::string>& arguments_;
  std::size_t at_;
  std::vector<std::string> options_;
};

}  // namespace

CommandWords cut_map_words(const CLI::App& program, std::vector<std::string>& arguments) {
  std::size_t at = 0;  // index of the name of the command
  while (at < arguments.size() && arguments[at].starts_with("-")) {
    const auto* option = program.get_option_no_throw(arguments[at]);
    at += option != nullptr && option->get_items_expected_max() > 0 ? 2 : 1;
  }
  if (at >= arguments.size() || arguments[at] != "map") return {};
  CommandWords cut;
  std::vector<std::string> options;
  OptionReader reader{*program.get_subcommand("map"), arguments, at + 1};
  try {
    options = reader.read();
  } catch (const CLI::ParseError& error) {
    cut.error = error.what();
  }
  cut.words.assign(arguments.begin() + static_cast<std::ptrdiff_t>(reader.at()), arguments.end());
  arguments.resize(at + 1);
  arguments.insert(arguments.end(), options.begin(), options.end());
  return cut;
}

}  // namespace forkmill::cli
