// The broker that a command talks to.
#pragma once

#include <chrono>
#include <string>

namespace forkmill::cli {

struct ConnectionOptions {
  std::string broker{};  // an endpoint: tcp://HOST:PORT or ipc://PATH
  std::chrono::milliseconds connect_timeout{5000};
};

}  // namespace forkmill::cli
