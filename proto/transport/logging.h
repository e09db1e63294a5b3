// How the programs log: to stderr, by spdlog, as text or as one JSON object a line. The logger writes where it is
// called (no thread of its own), so a process may fork; flush it first.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace forkmill::proto {

struct LogOptions {
  std::string level = "info";   // trace, debug, info, warn, error, off
  std::string format = "text";  // text, json
};

// Throws std::invalid_argument for a level or format that does not exist, naming those that do.
std::shared_ptr<spdlog::logger> make_logger(const std::string& name, const LogOptions& options);

}  // namespace forkmill::proto
