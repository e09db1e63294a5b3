#pragma once

#include <string>
#include <vector>

namespace forkmill::cli {

struct DevOptions {
  std::string listen;      // empty: the default port; with a command, a socket of its own
  std::string data;        // the broker's data directory, which is kept; empty: a temporary one
  bool memory = false;     // none at all
  unsigned processes = 0;  // 0: the worker's default, a process per CPU
  std::string queues;      // empty: the worker's default
  std::string log_level = "warn";
  std::vector<std::string> command;  // run this, then stop everything
};

}  // namespace forkmill::cli
