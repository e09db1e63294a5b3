// Processes: what the broker does about tasks with a process of their own and about the processes of workers. Passes on
// who was born where and what signals are meant for whom; ends the sessions of clients whose process has ended; keeps
// what workers last said of their processes.
#pragma once

#include <optional>
#include <string>

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/objects/objects.h"
#include "broker/core/peers/sessions.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Processes {
 public:
  Processes(BrokerState& state, Attempts& attempts, Cancels& cancels, Sessions& sessions, const Objects& objects)
      : state_{state}, attempts_{attempts}, cancels_{cancels}, sessions_{sessions}, objects_{objects} {}

  void started(Worker& worker, const proto::Started& started);
  // Tells a client that asks for the task, or came back, where it runs.
  void repeat(Client& client, const Task& task);
  void repeat_all(Client& client);

  // To a worker that came back: those that it has not heard of.
  void repeat_signals(Worker& worker);

  void children_gone(const Worker& worker, const proto::ChildrenGone& gone);

  // `task`: the one that the query names, or null.
  proto::Reply signal(const proto::Query& query, Task* task);
  // The id in the argument of a signal.
  static std::string_view id_in(std::string_view argument) { return argument.substr(0, argument.find(' ')); }

  proto::Reply list(const proto::Query& query) const;
  // The broker's own; set from outside.
  proto::ProcessRow self;
  std::string self_host;

 private:
  // A client in that process waits for a named object.
  bool waits(std::uint64_t worker, std::uint32_t pid) const;
  bool waits(const Task& task) const;

  BrokerState& state_;
  Attempts& attempts_;
  Cancels& cancels_;
  Sessions& sessions_;
  const Objects& objects_;
};

}  // namespace forkmill::broker
