#include "proto/settings/settings.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "proto/settings/quantities.h"

namespace forkmill::proto {

namespace {

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

// A TOML value as the text one would write in a flag. Empty: it is a table or something else that no setting takes.
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

std::string wrong(const std::string& where, const std::string& key, const std::string& value,
                  const std::string& right) {
  return where + ": " + key + " = '" + value + "': must be " + right;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

Settings::Settings(std::string program, std::string description, std::string version)
    : program_{std::move(program)}, description_{std::move(description)}, version_{std::move(version)} {}

void Settings::add(Setting setting) { settings_.push_back(std::move(setting)); }

void Settings::text(std::string name, std::string& target, std::string help) {
  add({std::move(name), std::move(help), "TEXT", target, false, false, [&target](const auto& values) {
         target = values.back();
         return std::string{};
       }});
}

void Settings::list(std::string name, std::vector<std::string>& target, std::string help) {
  add({std::move(name), std::move(help), "LIST", joined(target), false, true, [&target](const auto& values) {
         target.clear();
         for (const std::string& value : values)
           for (std::string& part : split(value)) target.push_back(std::move(part));
         return target.empty() ? std::string{"at least one name"} : std::string{};
       }});
}

void Settings::flag(std::string name, bool& target, std::string help) {
  add({std::move(name), std::move(help), "", "", true, false, [&target](const auto& values) {
         const std::string& value = values.back();
         const bool yes = value == "true" || value == "1" || value == "yes";
         if (!yes && value != "false" && value != "0" && value != "no") return std::string{"true or false"};
         target = yes;
         return std::string{};
       }});
}

void Settings::number(std::string name, std::uint64_t& target, std::uint64_t least, std::uint64_t most,
                      std::string help) {
  add({std::move(name), std::move(help), "N", std::to_string(target), false, false,
       [&target, least, most](const auto& values) {
         const std::string& text = values.back();
         std::uint64_t value = 0;
         const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
         if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
           return "a number from " + std::to_string(least) + " to " + std::to_string(most);
         }
         target = value;
         return std::string{};
       }});
}

void Settings::duration(std::string name, std::chrono::milliseconds& target, std::string help) {
  add({std::move(name), std::move(help), "DURATION", format_duration(target), false, false,
       [&target](const auto& values) {
         const auto value = parse_duration(values.back());
         if (!value) return std::string{"a duration such as "} + kDurationExamples;
         target = *value;
         return std::string{};
       }});
}

void Settings::bytes(std::string name, std::uint64_t& target, std::string help) {
  add({std::move(name), std::move(help), "SIZE", format_size(target), false, false, [&target](const auto& values) {
         const auto value = parse_size(values.back());
         if (!value) return std::string{"a size such as "} + kSizeExamples;
         target = *value;
         return std::string{};
       }});
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

std::optional<int> Settings::parse(int argc, const char* const* argv) {
  CLI::App app{description_, program_};
  app.set_version_flag("--version", program_ + " " + version_);
  app.footer(footer_);
  std::string config;
  app.add_option("--config", config, "File of settings in TOML; the keys are the names of the flags, with _ for -")
      ->type_name("FILE");
  std::map<std::string, std::vector<std::string>> given;
  std::map<std::string, bool> flags;
  for (const Setting& setting : settings_) {
    if (setting.is_flag) {
      app.add_flag("--" + setting.name, flags[setting.name], setting.help);
      continue;
    }
    const std::string shown = setting.standard.empty() ? setting.help : setting.help + " [" + setting.standard + "]";
    auto* option = app.add_option("--" + setting.name, given[setting.name], shown)->type_name(setting.kind);
    option->expected(1)->multi_option_policy(setting.is_list ? CLI::MultiOptionPolicy::TakeAll
                                                             : CLI::MultiOptionPolicy::TakeLast);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (config.empty() && std::getenv("FORKMILL_CONFIG") != nullptr) config = std::getenv("FORKMILL_CONFIG");
  std::string trouble = config.empty() ? "" : read_file(config);
  if (trouble.empty()) trouble = read_environment();
  for (const Setting& setting : settings_) {
    if (!trouble.empty()) break;
    std::vector<std::string> values =
        setting.is_flag && flags[setting.name] ? std::vector<std::string>{"true"} : given[setting.name];
    if (values.empty()) continue;
    if (const std::string right = setting.set(values); !right.empty()) {
      trouble = wrong("command line", "--" + setting.name, joined(values), right);
    }
  }
  if (trouble.empty()) return std::nullopt;
  std::cerr << program_ << ": " << trouble << "\n";
  return 2;
}

std::string Settings::read_file(const std::string& path) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return path + (line > 0 ? ":" + std::to_string(line) : "") + ": " + std::string{error.description()};
  }
  for (const auto& [key, node] : file) {
    const std::string name{key.str()};
    const auto table = std::find_if(tables_.begin(), tables_.end(), [&](const Table& one) { return one.name == name; });
    if (table != tables_.end() && node.is_table()) {
      for (const auto& [entry, body] : *node.as_table()) {
        if (!body.is_table())
          return place(path, body) + ": write [" + name + "." + std::string{entry.str()} + "] and its keys below";
        for (const auto& [field, value] : *body.as_table()) {
          const std::string field_name{field.str()};
          if (std::find(table->keys.begin(), table->keys.end(), field_name) == table->keys.end()) {
            return place(path, value) + ": unknown key '" + field_name + "' in [" + name + "." +
                   std::string{entry.str()} + "]; known are: " + joined(table->keys);
          }
          const std::string text = as_text(value).value_or("");
          if (std::string right = table->set(std::string{entry.str()}, field_name, text); !right.empty()) {
            return wrong(place(path, value), field_name, text, right);
          }
        }
      }
      continue;
    }
    const auto setting = std::find_if(settings_.begin(), settings_.end(),
                                      [&](const Setting& one) { return file_key(one.name) == name; });
    if (setting == settings_.end())
      return place(path, node) + ": unknown key '" + name + "'; known are: " + known_keys();
    std::vector<std::string> values;
    if (const toml::array* array = node.as_array(); array != nullptr && setting->is_list) {
      for (const auto& element : *array) values.push_back(as_text(element).value_or(""));
    } else if (auto text = as_text(node)) {
      values.push_back(*text);
    }
    std::string right = values.empty() ? "a single value" : setting->set(values);
    if (!right.empty()) return wrong(place(path, node), name, joined(values), right);
  }
  return {};
}

std::string Settings::read_environment() {
  for (const Setting& setting : settings_) {
    const char* value = std::getenv(environment_key(setting.name).c_str());
    if (value == nullptr || *value == '\0') continue;
    if (const std::string right = setting.set({value}); !right.empty()) {
      return wrong("environment", environment_key(setting.name), value, right);
    }
  }
  return {};
}

}  // namespace forkmill::proto
