#include "client/cli/commands/command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/os/write_all.h"
#include "proto/settings/quantities.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/keys/invitation.h"

namespace forkmill::cli {

namespace {

// Adds an option whose value `parse` reads. The error is "--NAME: 'VALUE' is not a WHAT; write EXAMPLES", of which
// CLI11 adds the name.
template <class Parse, class Value>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, Value& value, const std::string& help, Parse parse,
                        const char* kind, const char* what, const char* examples) {
  return command
      .add_option_function<std::string>(
          name,
          [&value, parse, name, what, examples](const std::string& text) {
            const auto parsed = parse(text);
            if (!parsed) throw CLI::ValidationError{name, "'" + text + "' is not " + what + "; write " + examples};
            value = *parsed;
          },
          help)
      ->type_name(kind);
}

bool has_option_of(const CLI::App& command, const std::string& kind) {
  const auto options = command.get_options();
  return std::any_of(options.begin(), options.end(), [&](const auto* one) { return one->get_type_name() == kind; });
}

}  // namespace

std::string HelpFormatter::make_usage(const CLI::App* command, std::string name) const {
  const auto own = usages_.find(command);
  if (own == usages_.end()) return HelpLayout::make_usage(command, std::move(name));
  return "\nUsage: " + own->second + "\n";
}

std::string HelpFormatter::make_footer(const CLI::App* command) const {
  auto text = HelpLayout::make_footer(command);
  if (has_option_of(*command, "DURATION")) text += std::string{"\nDURATION: "} + proto::kDurationExamples + "\n";
  if (has_option_of(*command, "SIZE")) text += std::string{"SIZE: "} + proto::kSizeExamples + "\n";
  return text;
}

std::vector<std::string> command_words(const Program& program, const CLI::App& command) {
  auto words = command.remaining();
  if (!words.empty() && words[0].starts_with("-")) throw CLI::ExtrasError{command.get_name(), words};
  if (program.tail) words.insert(words.end(), program.tail->begin(), program.tail->end());
  return words;
}

int print_stdout(const std::string& text, bool raw) {
  if (!write_shown(STDOUT_FILENO, text, "standard output", raw)) throw CommandError{ExitCode::output_closed, ""};
  return 0;
}

void add_raw(CLI::App& command, bool& raw) {
  command.add_flag("--raw", raw,
                   "Print raw output to a terminal; by default, bytes that could control the terminal are escaped");
}

ConnectionOptions default_connection() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value == nullptr ? "" : value;
  };
  ConnectionOptions options{.broker = variable("FORKMILL_BROKER"), .seal_keys = variable("FORKMILL_SEAL_KEYS")};
  if (!options.broker.empty()) return options;
  options.broker = proto::default_endpoint();
  const std::string login = login_file();
  if (login.empty() || ::access(login.c_str(), F_OK) != 0) return options;
  const auto known = proto::read_connection_file(login);
  if (known.ok()) options.broker = known->endpoints;
  options.login = {login, options.broker, known.ok() ? "" : known.failure().text};
  return options;
}

std::string login_file() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return value == nullptr ? "" : value;
  };
  const std::string config = variable("XDG_CONFIG_HOME");
  if (config.starts_with('/')) return config + "/forkmill/login";
  const std::string home = variable("HOME");
  return home.starts_with('/') ? home + "/.config/forkmill/login" : "";
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                          const std::string& help) {
  const auto parse = [name](const std::string& text) {
    const auto duration = proto::parse_duration(text);
    if (duration && *duration > proto::kMaxDurationOption)
      throw CLI::ValidationError{name, "'" + text + "' is too long; the maximum is 30 years"};
    return duration;
  };
  return add_parsed(command, name, value, help, parse, "DURATION", "a duration", proto::kDurationExamples);
}

CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& value, const std::string& help) {
  return add_parsed(command, name, value, help, proto::parse_size, "SIZE", "a size", proto::kSizeExamples);
}

CLI::Option* add_durability(CLI::App& command, Durability& value) {
  const auto parse = [](const std::string& text) -> std::optional<Durability> {
    if (text == "durable") return Durability::durable;
    if (text == "memory") return Durability::memory;
    return std::nullopt;
  };
  return add_parsed(
      command, "--durability", value,
      "durable: accepted once on disk; memory: accepted at once, lost if the broker stops [default: the queue's]",
      parse, "MODE", "a durability", "durable or memory");
}

void add_connection_options(CLI::App& command, ConnectionOptions& options) {
  command
      .add_option("--broker", options.broker,
                  "Endpoint of the broker: tcp://HOST:PORT or ipc://PATH [env: FORKMILL_BROKER] [default: " +
                      options.broker + "]")
      ->type_name("ENDPOINT")
      ->group("Connection");
  command
      .add_option("--server-public-key", options.server_public_key,
                  "The broker's public key, or a file with it; for TCP, with --key [env: FORKMILL_SERVER_PUBLIC_KEY]")
      ->type_name("KEY")
      ->group("Connection");
  if (command.get_option_no_throw("--key") == nullptr) {  // `submit` has another one
    command.add_option("--key", options.key, "File of your secret key (forkmill keygen); for TCP [env: FORKMILL_KEY]")
        ->type_name("FILE")
        ->group("Connection");
  }
  command
      .add_option("--seal-keys", options.seal_keys,
                  "File of the keys that seal arguments and open results (forkmill keygen --seal) [env: "
                  "FORKMILL_SEAL_KEYS]")
      ->type_name("FILE")
      ->group("Connection");
  add_duration(command, "--connect-timeout", options.connect_timeout,
               "Fail if no broker has answered within this time [default: 5s]")
      ->group("Connection");
}

void add_format_options(CLI::App& command, OutputOptions& options) {
  command
      .add_option_function<std::string>(
          "-o,--output",
          [&options](const std::string& text) {
            const auto format = parse_format(text);
            if (!format) {
              throw CLI::ValidationError{"--output",
                                         "'" + text + "' is not a format; write table, wide, json or jsonl"};
            }
            options.format = *format;
          },
          "Output format: table, wide (more columns), json or jsonl (one object per line) [default: table]")
      ->type_name("FORMAT");
  command.add_flag_callback(
      "--no-headers", [&options] { options.headers = false; }, "Omit the headings of tables");
}

void add_stream_format(CLI::App& command, Format& format) {
  command
      .add_option_function<std::string>(
          "-o,--output",
          [&format](const std::string& text) {
            if (text != "text" && text != "jsonl")
              throw CLI::ValidationError{"--output", "'" + text + "' is not a format; write text or jsonl"};
            format = text == "jsonl" ? Format::jsonl : Format::table;
          },
          "Output format: text or jsonl (one object per line) [default: text]")
      ->type_name("FORMAT");
}

void add_output_options(CLI::App& command, OutputOptions& options) {
  add_format_options(command, options);
  command.add_flag("-w,--watch", options.watch, "Print again at each interval until interrupted");
  add_duration(command, "--interval", options.interval,
               "Time between two prints of --watch; shorter than 100ms counts as 100ms [default: 1s]");
}

}  // namespace forkmill::cli
