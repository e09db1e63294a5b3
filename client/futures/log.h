// The client library's logger: named "forkmill", to stderr, from level warning. A program that registers a spdlog
// logger of that name before it makes its first Client chooses where the messages go.
#pragma once

#include <spdlog/spdlog.h>

namespace forkmill::client {

spdlog::logger& log();

}  // namespace forkmill::client
