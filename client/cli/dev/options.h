// The options of `forkmill dev`.
#pragma once

#include <string>
#include <vector>

namespace forkmill::cli {

struct DevOptions {
  std::string listen;      // empty: the default endpoint; with a command, a private socket
  bool insecure = false;   // allow a TCP endpoint, where every program that reaches it gets full access
  std::string data;        // the data directory of the broker; empty: a temporary one
  bool memory = false;     // the broker has no data directory
  unsigned processes = 0;  // 0: the default of the worker, one per CPU
  std::string queues;      // empty: the default of the worker
  std::string web;         // where the HTTP gateway listens; empty: there is none
  std::string log_level = "warn";
  std::vector<std::string> command;  // the cluster runs as long as this command; empty: until a signal
};

}  // namespace forkmill::cli
