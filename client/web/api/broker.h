// Broker: the questions and commands of the gateway to the broker. Each one has a time limit, and fails at once while
// the broker is away. Thread-safe.
#pragma once

#include <forkmill/client.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "client/cli/commands/connection_options.h"
#include "client/web/http/failure.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

class Broker {
 public:
  // Connects in the background.
  explicit Broker(const cli::ConnectionOptions& connection);

  // Whether the connection stands.
  bool connected() const { return client_.connected(); }
  // Blocks until the broker has answered, for the timeout at most. Throws Failure (503) if it does not answer, and
  // forkmill::Error: task_unknown, object_unknown or bad_request.
  Json ask(const Query& query);
  Json ask(QueryKind kind, const std::string& argument = {}) {
    return ask(Query{.kind = kind, .argument = argument, .filter = {}});
  }
  // ask() that waits for another time than the timeout.
  Json ask_within(QueryKind kind, std::chrono::milliseconds timeout);
  // ask() with the answer in msgpack.
  std::string ask_packed(const Query& query);

  // Gives the broker a command, and blocks and throws as ask() does. A command whose answer does not come may be
  // carried out nevertheless.
  Json carry_out(const Command& command);
  // Returns the events of tasks that the filter lets through. Blocks until the broker has told where they begin, unless
  // the filter does; throws as ask() does.
  forkmill::EventStream begin_events(const EventFilter& filter);
  // Give the broker a command. Throw Failure (503) while the broker is away.
  Future<RawResult> give(const Command& command);
  Future<CancelState> cancel(const TaskId& id);
  // Submits a task, whose result stays with the broker. arguments: a msgpack array. Blocks until the broker has taken
  // it in, and throws as ask() does; also Rejected. A task that is not answered in time may run nevertheless.
  TaskId submit(const std::string& name, const std::string& arguments, SubmitOptions options) const;

  // Blocks until the answer is there, for the timeout at most. Throws as ask() does. A command whose answer does not
  // come may be carried out nevertheless.
  template <class T>
  T answer(Future<T> reply) const {
    return answer_within(std::move(reply), timeout_);
  }
  template <class T>
  T answer_within(Future<T> reply, std::chrono::milliseconds timeout) const {
    try {
      return reply.get_for(timeout);
    } catch (const Error& error) {
      if (error.code() != Errc::timeout && error.code() != Errc::disconnected) throw;
    }
    throw unreachable("has not answered in time");
  }

 private:
  void check_connected();
  Failure unreachable(const std::string& what) const;

  std::chrono::milliseconds timeout_;
  ClientOptions options_;
  Client client_;
};

}  // namespace forkmill::web
