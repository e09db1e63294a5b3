// The options that the commands share, and the functions that add the commands to the program.
#pragma once

#include <forkmill/submit_options.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/commands/connection_options.h"
#include "client/cli/text/table.h"
#include "proto/settings/help.h"

namespace forkmill::cli {

struct WebOptions;

struct OutputOptions {
  Format format = Format::table;
  bool headers = true;
  bool watch = false;
  std::chrono::milliseconds interval{1000};
};

// The layout of --help, with a usage line for commands whose arguments CLI11 does not know, and a description of the
// values in the footer.
class HelpFormatter : public proto::HelpLayout {
 public:
  // Sets the usage line of `command`, without "Usage: ".
  void usage(const CLI::App& command, std::string line) { usages_[&command] = std::move(line); }
  std::string make_usage(const CLI::App* command, std::string name) const override;
  std::string make_footer(const CLI::App* command) const override;

 private:
  std::map<const CLI::App*, std::string> usages_;
};

// Words behind the options of `map`, which CLI11 does not see.
struct CommandWords {
  std::vector<std::string> words{};
  std::string error{};  // in the options; empty: none
};

// The program that commands are added to. The references are valid until the action has returned.
struct Program {
  CLI::App& app;
  HelpFormatter& help;
  ConnectionOptions& connection;  // shared, because --broker may precede or follow the name of the command
  std::function<int()>& action;   // runs the command and returns the exit status; set when the command line is parsed
  const CommandWords& map_words;
  const std::optional<std::vector<std::string>>& tail;  // the words after "--" of commands that run them; null: no "--"
  const std::function<int(const WebOptions&)>& serve_web;
};

// The broker of FORKMILL_BROKER, or this user's broker on this machine.
ConnectionOptions default_connection();
// Returns the file that `forkmill login` writes. Empty: this user has no home directory.
std::string login_file();

void add_connection_options(CLI::App& command, ConnectionOptions& options);
// Adds --raw: bytes of others go to a terminal as they are.
void add_raw(CLI::App& command, bool& raw);
void add_output_options(CLI::App& command, OutputOptions& options);
// add_output_options() without --watch, for commands that print once.
void add_format_options(CLI::App& command, OutputOptions& options);
// Adds --output for commands that print as things happen: text (Format::table) or jsonl.
void add_stream_format(CLI::App& command, Format& format);

// Options whose value is a duration or a size (proto/settings/quantities.h). Durations have a maximum of 30 years.
CLI::Option* add_duration(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                          const std::string& help);
CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& value, const std::string& help);

CLI::Option* add_durability(CLI::App& command, Durability& value);

// A check of CLI11: returns the error, or an empty string for a whole number from `min` to `max`.
template <class Number>
std::function<std::string(const std::string&)> number_between(Number min, Number max) {
  return [min, max](const std::string& text) -> std::string {
    Number number{};
    if (CLI::detail::lexical_cast(text, number) && number >= min && number <= max) return {};
    return "'" + text + "' is not a number from " + std::to_string(min) + " to " + std::to_string(max);
  };
}

// An option whose value is a whole number from `min` to `max`. The help shows the range and the default.
template <class Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& value, Number min, Number max,
                        const std::string& help) {
  const auto range = ", " + std::to_string(min) + " to " + std::to_string(max);
  return command.add_option(name, value, help + range + " [default: " + std::to_string(value) + "]")
      ->check(number_between(min, max))
      ->type_name("N");
}

// The words of a command to run: those that CLI11 has left, and those after "--". Throws CLI::ParseError for an unknown
// option before them.
std::vector<std::string> command_words(const Program& program, const CLI::App& command);

// Prints `text` to stdout. Returns the exit status 0. Throws CommandError if it cannot be written: output_closed if the
// reader has gone, failed for other errors, such as a full disk. On a terminal, bytes that could control it are
// escaped, unless `raw`.
int print_stdout(const std::string& text, bool raw = false);

void add_attach(const Program& program);
void add_backup(const Program& program);
void add_completion(const Program& program);
void add_dead(const Program& program);
void add_dev(const Program& program);
void add_events(const Program& program);
void add_help(const Program& program);
void add_invite(const Program& program);
void add_keygen(const Program& program);
void add_login(const Program& program);
void add_map(const Program& program);
void add_name(const Program& program);
void add_object(const Program& program);
void add_ping(const Program& program);
void add_ps(const Program& program);
void add_queue(const Program& program);
void add_report(const Program& program);
void add_run(const Program& program);
void add_shard(const Program& program);
void add_status(const Program& program);
void add_submit(const Program& program);
void add_task(const Program& program);
void add_top(const Program& program);
void add_version(const Program& program, const std::string& version);
void add_wait(const Program& program);
void add_web(const Program& program);
void add_why(const Program& program);
void add_worker(const Program& program);

}  // namespace forkmill::cli
