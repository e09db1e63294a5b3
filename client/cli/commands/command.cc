#include "client/cli/commands/command.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "proto/limits.h"
#include "proto/settings/quantities.h"

namespace forkmill::cli {

namespace {

constexpr std::chrono::hours kMaxDuration{24 * 365 * 30};  // a deadline that far away still fits a clock of nanoseconds

// CLI11 shows the text in front of the option's name: "--timeout: …".
template <class Parse, class Value>
CLI::Option* add_parsed(CLI::App& command, const std::string& name, Value& value, const std::string& help, Parse parse,
                        const char* kind, const char* examples) {
  return command
      .add_option_function<std::string>(
          name,
          [&value, parse, name, examples](const std::string& text) {
            const auto parsed = parse(text);
            if (!parsed) throw CLI::ValidationError{name, "'" + text + "' is not right; write " + examples};
            value = *parsed;
          },
          help)
      ->type_name(kind);
}

}  // namespace

std::string HelpFormatter::make_usage(const CLI::App* command, std::string name) const {
  const auto own = usages_.find(command);
  return own == usages_.end() ? CLI::Formatter::make_usage(command, std::move(name)) : "Usage: " + own->second + "\n\n";
}

ConnectionOptions default_connection() {
  const char* broker = std::getenv("FORKMILL_BROKER");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  if (broker != nullptr && *broker != '\0') return {.broker = broker};
  return {.broker = "tcp://127.0.0.1:" + std::to_string(proto::limits::kDefaultPort)};
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                          const std::string& help) {
  const auto parse = [](const std::string& text) -> std::optional<std::chrono::milliseconds> {
    const auto duration = proto::parse_duration(text);
    return duration && *duration <= kMaxDuration ? duration : std::nullopt;
  };
  return add_parsed(command, name, value, help, parse, "DURATION", proto::kDurationExamples);
}

CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& value, const std::string& help) {
  return add_parsed(command, name, value, help, proto::parse_size, "SIZE", proto::kSizeExamples);
}

CLI::Option* add_durability(CLI::App& command, Durability& value) {
  const auto parse = [](const std::string& text) -> std::optional<Durability> {
    if (text == "durable") return Durability::durable;
    if (text == "memory") return Durability::memory;
    return std::nullopt;
  };
  return add_parsed(
      command, "--durability", value,
      "durable: queued when it is on disk; memory: at once, and lost with the broker. Default: the queue's", parse,
      "WHERE", "durable or memory");
}

void add_connection_options(CLI::App& command, ConnectionOptions& options) {
  command
      .add_option("--broker", options.broker,
                  "Where the broker listens; also FORKMILL_BROKER. Default: " + options.broker)
      ->type_name("ENDPOINT")
      ->group("Connection");
  add_duration(command, "--connect-timeout", options.connect_timeout,
               "Give up when no broker has answered by then. Default: 5s")
      ->group("Connection");
}

void add_format_options(CLI::App& command, OutputOptions& options) {
  command
      .add_option_function<std::string>(
          "-o,--output",
          [&options](const std::string& text) {
            const auto format = parse_format(text);
            if (!format) throw CLI::ValidationError{"--output", "'" + text + "' is none of table, wide, json, jsonl"};
            options.format = *format;
          },
          "How to print: table, wide (more columns), json or jsonl (an object a line). Default: table")
      ->type_name("FORMAT");
  command.add_flag_callback(
      "--no-headers", [&options] { options.headers = false; }, "Leave out the headings of tables");
}

void add_output_options(CLI::App& command, OutputOptions& options) {
  add_format_options(command, options);
  command.add_flag("-w,--watch", options.watch, "Print again and again until interrupted");
  add_duration(command, "--interval", options.interval, "Time between two prints of --watch. Default: 1s");
}

}  // namespace forkmill::cli
