// What the commands have in common: the options they share, and how each one is added to the program.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
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

// The program that commands are added to.
struct Program {
  CLI::App& app;
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

void add_completion(const Program& program);
void add_dev(const Program& program);
void add_map(const Program& program);
void add_ping(const Program& program);
void add_queue(const Program& program);
void add_status(const Program& program);
void add_submit(const Program& program);
void add_task(const Program& program);
void add_worker(const Program& program);

}  // namespace forkmill::cli
