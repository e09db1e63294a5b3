// The connection of a command to the broker. One thread.
#pragma once

#include <forkmill/client.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/os/signals.h"

namespace forkmill::cli {

// Returns the options with the keys of the login, if neither another endpoint nor keys were given. Throws CommandError
// if the login cannot be used.
ConnectionOptions with_login(ConnectionOptions options);

class Connection {
 public:
  // Fate of futures when the broker is lost later, for longer than the connect timeout.
  enum class OnLoss {
    fail,  // futures end with Disconnected
    wait,  // futures wait until it is back, and the client logs nothing
  };
  // Blocks until the broker has answered. Throws CommandError (unreachable) after the connect timeout, and
  // (interrupted) if one of `signals` but SIGUSR1 and SIGUSR2 arrives meanwhile.
  explicit Connection(const ConnectionOptions& options, std::shared_ptr<Executor> executor = nullptr,
                      Signals* signals = nullptr, OnLoss on_loss = OnLoss::fail);

  Client& client() { return client_; }
  // Returns the file of seal keys. Empty: there is none.
  const std::string& seal_keys() const { return seal_keys_; }

  // Blocks until the broker has answered the query. The connection is made again meanwhile if it is lost. Throws
  // CommandError (unreachable) after the connect timeout, and forkmill::Error: task_unknown, object_unknown or
  // bad_request.
  nlohmann::ordered_json ask(const Query& query);
  nlohmann::ordered_json ask(QueryKind kind, const std::string& argument = "") {
    return ask(Query{.kind = kind, .argument = argument, .filter = {}});
  }
  // ask() with the answer in msgpack.
  std::string ask_packed(const Query& query);

  // Blocks until the broker has carried out the command, at most for the connect timeout. Throws as ask() does.
  nlohmann::ordered_json carry_out(const Command& command);
  // The same without a timeout: blocks until the broker has answered or the connection is lost.
  nlohmann::ordered_json carry_out_without_timeout(const Command& command);

  // Blocks until the broker has answered, at most for `timeout` (the connect timeout if none is given). Throws
  // CommandError (unreachable) if it has not, and the error that the broker has answered.
  template <class T>
  T answer(Future<T> reply, std::optional<std::chrono::milliseconds> timeout = std::nullopt) const {
    try {
      return reply.get_for(timeout.value_or(timeout_));
    } catch (const Error& error) {
      if (error.code() != Errc::timeout && error.code() != Errc::disconnected) throw;
    }
    throw unanswered(timeout.value_or(timeout_));
  }

 private:
  CommandError unanswered(std::chrono::milliseconds timeout) const;

  std::chrono::milliseconds timeout_;
  std::string seal_keys_;
  Client client_;
};

// Prints the text that `show` returns; with --watch repeatedly, until `show` throws or stdout is closed. Returns the
// exit status 0.
int print_result(const OutputOptions& output, const std::function<std::string()>& show);

}  // namespace forkmill::cli
