#include "proto/settings/settings.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>

#include "proto/limits.h"
#include "proto/settings/help.h"
#include "proto/settings/nearest.h"
#include "proto/settings/quantities.h"

namespace forkmill::proto {

namespace {

constexpr const char* kSourcesHelp =
    "Each option can also be set in the --config file (log_level = \"debug\") and in the environment\n"
    "(FORKMILL_LOG_LEVEL=debug). The environment overrides the file; the command line overrides both.\n";

std::string file_key(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string environment_key(const std::string& name) {
  std::string key = "FORKMILL_" + file_key(name);
  std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::toupper(c); });
  return key;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, ',');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

// The shortest text that reads back as `value`: "1.5".
std::string number_text(double value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

// Returns a TOML value as the text that a flag would have. Null: the value is a table or of another type that no
// setting has.
std::optional<std::string> as_text(const toml::node& node) {
  if (auto text = node.value<std::string>(); node.is_string() && text) return text;
  if (node.is_integer()) return std::to_string(*node.value<std::int64_t>());
  if (node.is_floating_point()) return number_text(*node.value<double>());
  if (node.is_boolean()) return *node.value<bool>() ? "true" : "false";
  return std::nullopt;
}

std::string place(const std::string& path, const toml::node& node) {
  return path + ":" + std::to_string(node.source().begin.line);
}

// Says of `status`, which comes from must_be(), whose value was not accepted.
Status located(const Status& status, const std::string& where, const std::string& key, const std::string& value) {
  if (status.ok()) return status;
  return {status.code(), where + ": " + key + " = '" + value + "': must be " + status.failure().text};
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

int status_of_output(const std::string& program, int status) {
  if (std::cout.flush()) return status;
  std::cerr << program << ": cannot write to standard output\n";
  return 1;
}

Settings::Settings(std::string program, std::string description, std::string version)
    : program_{std::move(program)}, description_{std::move(description)}, version_{std::move(version)} {}

void Settings::add(Setting setting) {
  setting.group = group_;
  settings_.push_back(std::move(setting));
}

void Settings::text(std::string name, std::string& target, std::string help, std::string kind) {
  text(
      std::move(name), target, std::move(help), [](const std::string&) { return Status{}; }, std::move(kind));
}

void Settings::text(std::string name, std::string& target, std::string help, Check check, std::string kind) {
  const auto set = [&target, check = std::move(check)](const auto& values) {
    target = values.back();
    return check(target);
  };
  add({.name = std::move(name), .help = std::move(help), .kind = std::move(kind), .shown_default = target, .set = set});
}

void Settings::list(std::string name, std::vector<std::string>& target, std::string help, std::string kind) {
  const auto set = [&target](const auto& values) {
    target.clear();
    for (const std::string& value : values)
      for (std::string& part : split(value)) target.push_back(std::move(part));
    return target.empty() ? must_be("at least one name") : Status{};
  };
  add({.name = std::move(name),
       .help = std::move(help),
       .kind = std::move(kind),
       .shown_default = joined(target),
       .is_list = true,
       .set = set});
}

void Settings::flag(std::string name, bool& target, std::string help) {
  const auto set = [&target](const auto& values) {
    const std::string& value = values.back();
    const bool yes = value == "true" || value == "1" || value == "yes";
    if (!yes && value != "false" && value != "0" && value != "no") return must_be("true or false");
    target = yes;
    return Status{};
  };
  add({.name = std::move(name), .help = std::move(help), .kind = "", .shown_default = "", .is_flag = true, .set = set});
}

void Settings::number(std::string name, std::uint64_t& target, std::uint64_t min, std::uint64_t max, std::string help,
                      std::string zero) {
  std::string shown_default = target == 0 && !zero.empty() ? zero : std::to_string(target);
  const auto set = [&target, min, max, zero = std::move(zero)](const auto& values) {
    const std::string& text = values.back();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max;
    if (!is_number && (zero.empty() || text != zero))
      return must_be("a number from " + std::to_string(min) + " to " + std::to_string(max) +
                     (zero.empty() ? "" : ", or " + zero));
    target = is_number ? value : 0;
    return Status{};
  };
  add({.name = std::move(name),
       .help = std::move(help),
       .kind = "N",
       .shown_default = std::move(shown_default),
       .set = set});
}

void Settings::duration(std::string name, std::chrono::milliseconds& target, std::string help) {
  const auto set = [&target](const auto& values) {
    const auto value = parse_duration(values.back());
    if (!value) return must_be(std::string{"a duration such as "} + kDurationExamples);
    target = std::min(*value, limits::kLongestSetting);
    return Status{};
  };
  add({.name = std::move(name),
       .help = std::move(help),
       .kind = "DURATION",
       .shown_default = format_duration(target),
       .set = set});
}

void Settings::size(std::string name, std::uint64_t& target, std::string help) {
  const auto set = [&target](const auto& values) {
    const auto value = parse_size(values.back());
    if (!value) return must_be(std::string{"a size such as "} + kSizeExamples);
    target = *value;
    return Status{};
  };
  add({.name = std::move(name),
       .help = std::move(help),
       .kind = "SIZE",
       .shown_default = format_size(target),
       .set = set});
}

void Settings::table(std::string name, std::vector<std::string> keys, SetEntry set) {
  tables_.push_back({std::move(name), std::move(keys), std::move(set)});
}

std::string Settings::known_keys() const {
  std::string text;
  for (const Setting& setting : settings_) text += (text.empty() ? "" : ", ") + file_key(setting.name);
  for (const Table& table : tables_) text += ", [" + table.name + ".NAME]";
  return text;
}

namespace {

// Sets the entries of [queue.NAME] and the like.
template <class Table>
Status set_entries(const std::string& path, const Table& table, const toml::table& entries) {
  for (const auto& [entry, body] : entries) {
    const std::string entry_name{entry.str()};
    const auto heading = "[" + table.name + "." + entry_name + "]";
    if (!body.is_table()) {
      return {Errc::bad_request, place(path, body) + ": write " + heading + " with its keys on the lines below"};
    }
    for (const auto& [key, value] : *body.as_table()) {
      const std::string name{key.str()};
      if (std::find(table.keys.begin(), table.keys.end(), name) == table.keys.end()) {
        return {Errc::bad_request, place(path, value) + ": unknown key '" + name + "' in " + heading +
                                       "; known keys: " + joined(table.keys)};
      }
      const std::string text = as_text(value).value_or("");
      const auto status = table.set(entry_name, name, text);
      if (!status.ok()) return located(status, place(path, value), name, text);
    }
  }
  return {};
}

// Sets one setting from its value in the file.
template <class Setting>
Status set_value(const std::string& path, const Setting& setting, const toml::node& node) {
  std::vector<std::string> values;
  if (const toml::array* array = node.as_array(); array != nullptr && setting.is_list) {
    for (const auto& element : *array) values.push_back(as_text(element).value_or(""));
  } else if (auto text = as_text(node)) {
    values.push_back(*text);
  }
  const auto status = values.empty() ? must_be("a single value") : setting.set(values);
  return located(status, place(path, node), file_key(setting.name), joined(values));
}

}  // namespace

namespace {

// An unknown option is named, with the one that was probably meant.
std::string text_of(const CLI::App& app, const CLI::ParseError& error) {
  const auto words = app.remaining();
  const auto wrong = std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with("-"); });
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || words.empty()) return error.what();
  if (wrong == words.end()) return "unexpected argument '" + words.front() + "'";
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  const auto given = wrong->substr(0, wrong->find('='));
  return with_suggestion("unknown option " + given, nearest(given, names));
}

}  // namespace

std::optional<int> Settings::parse(int argc, const char* const* argv) {
  CLI::App app{description_, program_};
  app.formatter(std::make_shared<HelpLayout>());
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("-V,--version", program_ + " " + version_, "Print the version and exit");
  app.footer(std::string{kSourcesHelp} + "DURATION: " + kDurationExamples + ". SIZE: " + kSizeExamples + ".\n\n" +
             footer_);
  std::string config;
  app.add_option("--config", config, "Read settings from this TOML file [env: FORKMILL_CONFIG]")->type_name("FILE");
  std::map<std::string, std::vector<std::string>> given;
  std::map<std::string, bool> flags;
  for (const Setting& setting : settings_) {
    if (setting.is_flag) {
      app.add_flag("--" + setting.name, flags[setting.name], setting.help)->group(setting.group);
      continue;
    }
    const auto& shown = setting.shown_default;
    const auto help = shown.empty() ? setting.help : setting.help + " [default: " + shown + "]";
    auto* option = app.add_option("--" + setting.name, given[setting.name], help);
    option->type_name(setting.kind)->group(setting.group)->expected(1);
    option->allow_extra_args(false);  // which would also split a value in brackets at its commas
    option->multi_option_policy(setting.is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error, std::cout, std::cerr);
      return status_of_output(program_, 0);
    }
    std::cerr << program_ << ": " << text_of(app, error) << "; see " << program_ << " --help\n";
    return 2;
  }
  if (config.empty() && std::getenv("FORKMILL_CONFIG") != nullptr) config = std::getenv("FORKMILL_CONFIG");
  Status status = config.empty() ? Status{} : read_file(config);
  if (status.ok()) status = read_environment();
  for (const Setting& setting : settings_) {
    if (!status.ok()) break;
    const auto values = setting.is_flag && flags[setting.name] ? std::vector<std::string>{"true"} : given[setting.name];
    if (values.empty()) continue;
    status = located(setting.set(values), "command line", "--" + setting.name, joined(values));
  }
  if (status.ok()) return std::nullopt;
  std::cerr << program_ << ": " << status.failure().text << "\n";
  return 2;
}

Status Settings::read_file(const std::string& path) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return {Errc::bad_request,
            path + (line > 0 ? ":" + std::to_string(line) : "") + ": " + std::string{error.description()}};
  }
  for (const auto& [key, node] : file) {
    const std::string name{key.str()};
    const auto table = std::find_if(tables_.begin(), tables_.end(), [&](const Table& one) { return one.name == name; });
    const auto setting = std::find_if(settings_.begin(), settings_.end(),
                                      [&](const Setting& one) { return file_key(one.name) == name; });
    Status status;
    if (table != tables_.end() && node.is_table()) {
      status = set_entries(path, *table, *node.as_table());
    } else if (setting != settings_.end()) {
      status = set_value(path, *setting, node);
    } else {
      status =
          Status{Errc::bad_request, place(path, node) + ": unknown key '" + name + "'; known keys: " + known_keys()};
    }
    if (!status.ok()) return status;
  }
  return {};
}

Status Settings::read_environment() {
  for (const Setting& setting : settings_) {
    const char* value = std::getenv(environment_key(setting.name).c_str());
    if (value == nullptr || *value == '\0') continue;
    Status status = located(setting.set({value}), "environment", environment_key(setting.name), value);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace forkmill::proto
