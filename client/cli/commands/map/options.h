// The options of `forkmill map`.
#pragma once

#include <forkmill/submit_options.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/commands/map/job_count.h"

namespace forkmill::cli {

struct MapOptions {
  struct Input {
    std::vector<std::string> files;
    std::string delimiter = "\n";
    std::string colsep;
    bool header = false;
    bool link = false;
    bool shuffle = false;
    bool skip_empty = false;
    bool replace_args = false;            // -N was given
    std::optional<std::size_t> max_args;  // -N, -n
    bool context = false;                 // -X
    bool xargs = false;                   // -m
    bool packs() const { return max_args || context || xargs; }
  };
  struct Pipe {
    bool on = false;
    std::uint64_t block = 1024UL * 1024;
    std::string start;
    std::optional<std::string> end;
    std::uint64_t header_lines = 0;
  };
  struct Command {
    std::string replace = "{}";
    bool plus = false;
    bool quote = false;
    std::string shell;
    std::string workdir;
    std::vector<std::string> env;
    bool env_all = false;
  };
  struct Output {
    bool keep_order = false;
    bool tag = false;
    std::optional<std::string> tagstring;
    bool verbose = false;
    bool raw = false;
    bool bar = false;
    bool eta = false;
    bool dry_run = false;
    std::uint64_t limit = 16ULL * 1024 * 1024;
  };
  struct Log {
    std::string results;
    std::string joblog;
    std::string report;
    bool resume = false;
    bool resume_failed = false;
    bool retry_failed = false;
  };
  struct Run {
    JobCount jobs;
    std::chrono::milliseconds delay{0};
    unsigned retries = 1;
    std::chrono::milliseconds timeout{0};
    double timeout_percent = 0;  // 0: `timeout` counts
    std::string halt = "never";
    SubmitOptions submit{};
  };
  Input input;
  Pipe pipe;
  Command command;
  Output output;
  Log log;
  Run run;
};

// Adds the options, in groups.
void add_map_options(CLI::App& command, MapOptions& options);

}  // namespace forkmill::cli
