// What the commands have in common: the options they share, and how each one is added to the program.
#pragma once

#include <forkmill/submit_options.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "client/cli/text/table.h"

namespace forkmill::cli {

struct ConnectionOptions {
  std::string broker;  // FORKMILL_BROKER, or the default port of this machine
  std::chrono::milliseconds connect_timeout{5000};
};

struct OutputOptions {
  Format format = Format::table;
  bool headers = true;
  bool watch = false;
  std::chrono::milliseconds interval{1000};
};

// CLI11's help, with a usage line of our own for commands whose words it does not know.
class HelpFormatter : public CLI::Formatter {
 public:
  void usage(const CLI::App& command, std::string line) { usages_[&command] = std::move(line); }
  std::string make_usage(const CLI::App* command, std::string name) const override;

 private:
  std::map<const CLI::App*, std::string> usages_;
};

// The program that commands are added to.
struct Program {
  CLI::App& app;
  HelpFormatter& help;
  ConnectionOptions& connection;  // --broker may stand before the command and behind it
  std::function<int()>& action;   // the command chosen: set while the command line is read, gives the exit status
};

ConnectionOptions default_connection();

void add_connection_options(CLI::App& command, ConnectionOptions& options);
void add_output_options(CLI::App& command, OutputOptions& options);
// The same without -w, for commands that print once.
void add_format_options(CLI::App& command, OutputOptions& options);

// An option whose value is a duration ("30s") or a size ("64k"); the wrong ones are refused with what would be right.
CLI::Option* add_duration(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                          const std::string& help);
CLI::Option* add_size(CLI::App& command, const std::string& name, std::uint64_t& value, const std::string& help);

CLI::Option* add_durability(CLI::App& command, Durability& value);

// A whole number within a range, which the help tells together with the default.
template <class Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& value, Number least, Number most,
                        const std::string& help) {
  const auto range = ", " + std::to_string(least) + " to " + std::to_string(most) + ". Default: ";
  return command.add_option(name, value, help + range + std::to_string(value))
      ->check(CLI::Range(least, most).description(""))
      ->type_name("N");
}

void add_backup(const Program& program);
void add_completion(const Program& program);
void add_dead(const Program& program);
void add_dev(const Program& program);
void add_map(const Program& program);
void add_object(const Program& program);
void add_ping(const Program& program);
void add_ps(const Program& program);
void add_queue(const Program& program);
void add_status(const Program& program);
void add_submit(const Program& program);
void add_task(const Program& program);
void add_worker(const Program& program);

}  // namespace forkmill::cli
