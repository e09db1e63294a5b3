// Engine: a client without its public face. One per Client, kept alive by its futures and handles.
//
//     TaskCalls, ObjectCalls ──▶ Inbox ──▶ Connection ──▶ Session ──▶ socket     any thread fills the inbox,
//     futures, calls ◀───────── resolve ◀── Connection ◀── Session ◀── socket     the Driver chooses who does the rest
#pragma once

#include <forkmill/client_options.h>
#include <forkmill/detail/state.h>

#include <memory>
#include <string>

#include "client/engine/capacity.h"
#include "client/engine/connection.h"
#include "client/engine/driver/driver.h"
#include "client/engine/executor_owner.h"
#include "client/engine/fork_guard.h"
#include "client/engine/holdings/holdings.h"
#include "client/engine/inbox.h"
#include "client/engine/object_calls.h"
#include "client/engine/task_calls.h"

namespace forkmill::client {

class Engine final : public detail::Origin {
 public:
  // options: completed (options.h). Throws Error for an endpoint that makes no sense, and in a forked child of a
  // process that had an engine.
  explicit Engine(ClientOptions options);
  ~Engine() override { close(); }

  TaskCalls& tasks() { return tasks_; }
  ObjectCalls& objects() { return objects_; }
  Holdings& holdings() { return holdings_; }
  Reachability& reachability() { return connection_.reachability(); }
  ExecutorOwner& executors() { return executors_; }
  const ClientOptions& options() const { return options_; }
  bool in_forked_child() const noexcept { return guard_.in_child(); }

  // Ends everything outstanding with client_closed, and the thread. Idempotent; does nothing in a forked child.
  void close() noexcept;
  // Ends everything outstanding with Disconnected and this text, and so all that is asked later. Does nothing after
  // close().
  void fail(const std::string& text) noexcept;

  // Origin: the engine as futures see it.
  std::shared_ptr<Executor> executor() noexcept override { return executors_.get(); }
  detail::Ref<detail::State> cancel(const TaskId& id) override;
  void check_process() const override { guard_.check(); }
  bool wait(detail::Signal& signal, const detail::Deadline& deadline) override;
  std::string why_waiting() const override { return connection_.why_waiting(); }

 private:
  const ForkGuard guard_;
  ExecutorOwner executors_;
  const ClientOptions options_;  // without the executor
  Holdings holdings_;
  Inbox inbox_{*this, options_};
  Capacity capacity_{options_, inbox_, *this};
  Connection connection_{options_, inbox_, capacity_, holdings_};
  Driver driver_{connection_, connection_.fd(), options_.stay_awake};
  TaskCalls tasks_{options_, guard_, inbox_, capacity_, driver_};
  ObjectCalls objects_{guard_, inbox_, connection_, driver_};
};

// The engine of a client, of a future's state or of a handle.
inline Engine& engine_of(const detail::Ref<detail::Origin>& origin) { return static_cast<Engine&>(*origin); }

}  // namespace forkmill::client
