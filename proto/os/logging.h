// Logging of the programs: spdlog to stderr, as text or as one JSON object a line. A logger writes on the calling
// thread and has no thread of its own, so the process may fork; flush the logger before.
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

}  // namespace forkmill::proto
