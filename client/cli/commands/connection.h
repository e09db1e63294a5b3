// A client of a broker that has answered.
#pragma once

#include <forkmill/client.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/os/signals.h"

namespace forkmill::cli {

class Connection {
 public:
  // Throws CommandError (unreachable) when no broker has answered within the connect timeout. With `signals`, which the
  // caller has blocked, one of them ends the wait (interrupted).
  explicit Connection(const ConnectionOptions& options, std::shared_ptr<Executor> executor = nullptr,
                      Signals* signals = nullptr);

  Client& client() { return client_; }

  // The broker's answer. Throws forkmill::Error: task_unknown, bad_request, disconnected, timeout.
  nlohmann::ordered_json ask(const Query& query);
  nlohmann::ordered_json ask(QueryKind kind, const std::string& argument = "") {
    return ask(Query{.kind = kind, .argument = argument, .filter = {}});
  }
  // The same in msgpack, as it came.
  std::string ask_packed(const Query& query);
  // Waits for as long as it takes, or until the connection breaks.
  nlohmann::ordered_json ask_patiently(const Query& query);

 private:
  std::chrono::milliseconds patience_;
  Client client_;
};

// Prints what `show` gives, once or with --watch again and again for as long as somebody reads it.
int print_result(const OutputOptions& output, const std::function<std::string()>& show);

}  // namespace forkmill::cli
