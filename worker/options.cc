#include "worker/options.h"

#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <toml++/toml.h>
#include <vector>

#include "proto/limits.h"
#include "proto/names.h"
#include "worker/quantities.h"

namespace forkmill::worker {

namespace {

constexpr std::uint64_t kMostProcesses = 4096;
constexpr std::uint64_t kAnyCount = 1'000'000'000'000;

struct Setting {
  std::string key;  // in the file; --key with dashes as a flag, FORKMILL_KEY in the environment
  std::string unit;
  std::string help;
  void (*apply)(CommandLine& line, const std::string& text);  // throws std::invalid_argument
  bool is_switch = false;
  bool stock_only = false;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

std::string one_of(const std::string& text, std::initializer_list<std::string_view> allowed) {
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  std::string list;
  for (const auto word : allowed) list += (list.empty() ? "" : ", ") + std::string{word};
  throw std::invalid_argument{"'" + text + "' is none of " + list};
}

void check_endpoint(const std::string& text) {
  const bool tcp = text.rfind("tcp://", 0) == 0 && text.find(':', 6) != std::string::npos;
  if (!tcp && text.rfind("ipc://", 0) != 0) {
    throw std::invalid_argument{"'" + text + "' is no endpoint: tcp://HOST:PORT or ipc://PATH"};
  }
}

void check_name(const std::string& what, const std::string& text) {
  if (proto::is_name(text)) return;
  throw std::invalid_argument{what + " '" + text + "': 1 to 128 characters out of letters, digits and . _ - : /"};
}

void check_queues(const std::vector<std::string>& queues) {
  if (queues.empty()) throw std::invalid_argument{"no queue is named"};
  if (queues.size() > proto::limits::kMaxQueuesPerWorker) throw std::invalid_argument{"more than 256 queues"};
  for (const auto& queue : queues) check_name("queue", queue);
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{
      {"broker", "ENDPOINT", "the broker: tcp://HOST:PORT or ipc://PATH (default tcp://127.0.0.1:7117)",
       [](CommandLine& line, const std::string& text) { check_endpoint(line.options.broker = text); }},
      {"processes", "N", "children of the pool (default 0: one for each CPU that this process may use)",
       [](CommandLine& line, const std::string& text) {
         line.options.processes = static_cast<unsigned>(parse_count(text, 0, kMostProcesses));
       }},
      {"queues", "NAME,NAME...", "queues to serve (default: default)",
       [](CommandLine& line, const std::string& text) { check_queues(line.options.queues = split(text)); }},
      {"name", "NAME", "as shown by `forkmill worker ls` and in errors (default HOST-PID)",
       [](CommandLine& line, const std::string& text) { check_name("name", line.options.name = text); }},
      {"max_tasks_per_child", "N", "tasks after which a child is replaced by a fresh one (default 0: never)",
       [](CommandLine& line, const std::string& text) {
         line.options.max_tasks_per_child = parse_count(text, 0, kAnyCount);
       }},
      {"max_memory_per_child", "SIZE",
       "resident memory above which a child is replaced, looked at after each task; such as 512M (default 0: no limit)",
       [](CommandLine& line, const std::string& text) { line.options.max_memory_per_child = parse_size(text); }},
      {"drain_timeout", "DURATION", "how long running tasks may go on after SIGTERM; such as 30s, 5m (default 30s)",
       [](CommandLine& line, const std::string& text) { line.options.drain_timeout = parse_duration(text); }},
      {"kill_grace", "DURATION",
       "from asking a task to stop to SIGTERM, and from there to SIGKILL (default 5s)",
       [](CommandLine& line, const std::string& text) { line.options.kill_grace = parse_duration(text); }},
      {"log_level", "LEVEL", "trace, debug, info, warn, error or off (default info)",
       [](CommandLine& line, const std::string& text) {
         line.options.log_level = one_of(text, {"trace", "debug", "info", "warn", "error", "off"});
       }},
      {"log_format", "FORMAT", "text or json, to stderr (default text)",
       [](CommandLine& line, const std::string& text) { line.options.log_format = one_of(text, {"text", "json"}); }},
      {"allow_exec", "", "run forkmill.exec: any command that any submitter names, with this user's rights",
       [](CommandLine& line, const std::string& text) {
         line.allow_exec = one_of(text, {"true", "false"}) == "true";
       },
       true, true},
  };
  return all;
}

std::string flag_of(const std::string& key) {
  std::string flag = "--" + key;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string variable_of(const std::string& key) {
  std::string name = "FORKMILL_" + key;
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

void apply(const Setting& setting, CommandLine& line, const std::string& text, const std::string& where) {
  try {
    setting.apply(line, text);
  } catch (const std::invalid_argument& error) {
    throw OptionError{where + ": " + error.what()};
  }
}

// ---- File -----------------------------------------------------------------------------------------------------------

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::string joined;
  for (const auto& element : *array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

std::string known_keys(Program program) {
  std::string list;
  for (const auto& setting : settings()) {
    if (!setting.stock_only || program == Program::stock) list += (list.empty() ? "" : ", ") + setting.key;
  }
  return list;
}

void read_file(const std::string& path, Program program, CommandLine& line) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto begin = error.source().begin;
    const std::string at = begin ? ":" + std::to_string(begin.line) : "";
    throw OptionError{path + at + ": " + std::string{error.description()}};
  }
  for (const auto& [key, node] : table) {
    const std::string name{key.str()};
    const std::string where = path + ":" + std::to_string(key.source().begin.line) + ": " + name;
    const auto setting = std::find_if(settings().begin(), settings().end(), [&](const Setting& s) {
      return s.key == name && (!s.stock_only || program == Program::stock);
    });
    if (setting == settings().end()) throw OptionError{where + ": no such key; there are " + known_keys(program)};
    const auto text = text_of(node);
    if (!text) throw OptionError{where + ": must be a text, a whole number, true, false or a list of texts"};
    apply(*setting, line, *text, where);
  }
}

// ---- Flags ----------------------------------------------------------------------------------------------------------

struct Flags {
  std::optional<std::string> config;
  std::vector<std::pair<const Setting*, std::string>> given;
};

Flags read_flags(int argc, const char* const* argv, Program program) {
  CLI::App app{program == Program::stock
                   ? "Runs a pool of pre-forked processes that take tasks from a forkmill broker."
                   : "A forkmill worker: runs a pool of pre-forked processes that take tasks from a broker."};
  app.footer(
      "Each option may also stand in a TOML file (--config) under its name with underscores, and in the environment as\n"
      "FORKMILL_NAME; flags count before the environment, the environment before the file.\n"
      "SIGTERM drains and ends; a second one ends at once.");
  app.option_defaults()->take_last();
  std::string config;
  auto* config_option = app.add_option("--config", config, "TOML file with options (also FORKMILL_CONFIG)");
  config_option->type_name("FILE");
  std::vector<std::string> texts(settings().size());
  std::vector<CLI::Option*> options(settings().size());
  for (std::size_t i = 0; i < settings().size(); ++i) {
    const auto& setting = settings()[i];
    if (setting.stock_only && program != Program::stock) continue;
    if (setting.is_switch) {
      options[i] = app.add_flag(flag_of(setting.key), setting.help);
      texts[i] = "true";
    } else {
      options[i] = app.add_option(flag_of(setting.key), texts[i], setting.help)->type_name(setting.unit);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    throw HelpWanted{app.help()};
  } catch (const CLI::ParseError& error) {
    throw OptionError{std::string{error.what()} + "; see --help"};
  }
  Flags flags;
  if (config_option->count() != 0) flags.config = config;
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (options[i] != nullptr && options[i]->count() != 0) flags.given.emplace_back(&settings()[i], texts[i]);
  }
  return flags;
}

}  // namespace

CommandLine parse(int argc, const char* const* argv, Program program, const Environment& environment) {
  const Flags flags = read_flags(argc, argv, program);
  CommandLine line;
  const auto config = flags.config ? flags.config : environment("FORKMILL_CONFIG");
  if (config) read_file(*config, program, line);
  for (const auto& setting : settings()) {
    if (setting.stock_only && program != Program::stock) continue;
    const std::string variable = variable_of(setting.key);
    if (const auto text = environment(variable)) apply(setting, line, *text, "environment variable " + variable);
  }
  for (const auto& [setting, text] : flags.given) apply(*setting, line, text, flag_of(setting->key));
  return line;
}

CommandLine parse_or_exit(int argc, const char* const* argv, Program program) {
  const std::string name = argc > 0 ? argv[0] : "worker";
  const Environment environment = [](const std::string& variable) -> std::optional<std::string> {
    const char* text = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread
    return text == nullptr || *text == '\0' ? std::nullopt : std::optional<std::string>{text};
  };
  try {
    return parse(argc, argv, program, environment);
  } catch (const HelpWanted& help) {
    std::cout << help.what() << std::flush;
    std::exit(0);  // NOLINT(concurrency-mt-unsafe)
  } catch (const OptionError& error) {
    std::cerr << name << ": " << error.what() << std::endl;
    std::exit(2);  // NOLINT(concurrency-mt-unsafe)
  }
}

void check(const WorkerOptions& options) {
  check_endpoint(options.broker);
  check_queues(options.queues);
  if (!options.name.empty()) check_name("name", options.name);
  if (options.processes > kMostProcesses) throw std::invalid_argument{"processes: at most 4096"};
  if (options.drain_timeout.count() < 0) throw std::invalid_argument{"drain_timeout: must not be negative"};
  if (options.kill_grace.count() < 0) throw std::invalid_argument{"kill_grace: must not be negative"};
  one_of(options.log_level, {"trace", "debug", "info", "warn", "error", "off"});
  one_of(options.log_format, {"text", "json"});
}

unsigned usable_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&cpus), 1));
}

}  // namespace forkmill::worker
