#include "client/futures/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include <memory>

namespace forkmill::client {

namespace {

std::shared_ptr<spdlog::logger> make_logger() {
  if (auto given = spdlog::get("forkmill")) return given;
  auto logger = std::make_shared<spdlog::logger>("forkmill", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_level(spdlog::level::warn);
  return logger;
}

}  // namespace

// Never destroyed: a client may be a static object, whose threads log until the end of the program.
spdlog::logger& log() {
  static const auto& logger = *new std::shared_ptr<spdlog::logger>{make_logger()};
  return *logger;
}

}  // namespace forkmill::client
