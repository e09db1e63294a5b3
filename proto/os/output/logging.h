// Logging of the programs: spdlog to stderr or to a file, as text or as one JSON object a line. A logger writes on the
// calling thread and has no thread of its own, so the process may fork; flush the logger before. A logger never waits
// for the reader of stderr: lines that it does not take wait in memory (unblocked_stream.h), for flush_log().
//
// A file has a limited size (rotating_file.h), and processes may share it. Lines that cannot be written there are
// counted: stderr says so once a minute, and the file when it can be written again.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>
#include <string>

namespace forkmill::proto {

struct LogOptions {
  std::string level = "info";                                  // trace, debug, info, warn, error, off
  std::string format = "text";                                 // text, json
  std::string file{};                                          // empty: stderr
  std::uint64_t max_bytes = std::uint64_t{100} * 1024 * 1024;  // maximum size of the file
  std::uint64_t files = 5;                                     // maximum number, with the one that is written

  static constexpr std::uint64_t kLeastBytes = std::uint64_t{64} * 1024;
  static constexpr std::uint64_t kMostFiles = 1000;
};

// Throws std::runtime_error if the file cannot be written: call when a program starts. A file that cannot be written
// later, or by another process, ends none.
void check_log_file(const LogOptions& options);
// Throws std::invalid_argument for an unknown level or format; the text lists the known ones.
std::shared_ptr<spdlog::logger> make_logger(const std::string& name, const LogOptions& options);
// Has the next line look for the file of the log at its path, from which logrotate may have moved it.
void reopen_log(spdlog::logger& logger);

// Writes lines that wait, as far as the reader takes them now. Returns true if some still wait; then call it again
// soon.
bool flush_log(spdlog::logger& logger);

// Writes a last line to stderr, for a program that ends. Does not wait for a reader either.
void write_stderr(const std::string& line);

}  // namespace forkmill::proto
