// Logging of the programs: spdlog to stderr, as text or as one JSON object a line. A logger writes on the calling
// thread and has no thread of its own, so the process may fork; flush the logger before. A logger never waits for the
// reader of stderr: lines that it does not take wait in memory (unblocked_stream.h), for flush_log().
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace forkmill::proto {

struct LogOptions {
  std::string level = "info";   // trace, debug, info, warn, error, off
  std::string format = "text";  // text, json
};

// Throws std::invalid_argument for an unknown level or format; the text lists the known ones.
std::shared_ptr<spdlog::logger> make_logger(const std::string& name, const LogOptions& options);

// Writes lines that wait, as far as the reader takes them now. Returns true if some still wait; then call it again
// soon.
bool flush_log(spdlog::logger& logger);

// Writes a last line to stderr, for a program that ends. Does not wait for a reader either.
void write_stderr(const std::string& line);

}  // namespace forkmill::proto
