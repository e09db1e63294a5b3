// ObjectCalls: what an engine does with operations on named objects. The answer of a call carries the code of any error
// from its submission on.
//
// Thread-safe. What all functions throw: Disconnected{client_closed} after the engine was closed, and in a forked
// child.
#pragma once

#include "client/engine/connection.h"
#include "client/engine/driver/driver.h"
#include "client/engine/fork_guard.h"
#include "client/engine/inbox.h"
#include "client/engine/object_call.h"

namespace forkmill::client {

class ObjectCalls {
 public:
  // All arguments outlive this.
  ObjectCalls(const ForkGuard& guard, Inbox& inbox, Connection& connection, Driver& driver)
      : guard_{guard}, inbox_{inbox}, connection_{connection}, driver_{driver} {}

  // Starts an operation on an object of this kind.
  CallRef start(proto::Operation operation, proto::ObjectKind kind);
  // The same, and waits for the answer until the deadline: the quickest way when the caller has nothing else to do.
  CallRef run(proto::Operation operation, proto::ObjectKind kind, const detail::Deadline& deadline);
  // Opens an object, and waits for the answer. The operation has a spec.
  CallRef open(OperateObject request);
  // The same as start(), and ignores the answer. Continuations may call this.
  void post(proto::Operation operation, proto::ObjectKind kind);
  // The caller does not wait any longer. An operation that was not sent ends at once, with Errc::timeout; any other one
  // when the broker has answered the withdrawal. Does nothing after the engine was closed.
  void give_up(const CallRef& call);

 private:
  CallRef add(proto::Operation operation, proto::ObjectKind kind);

  const ForkGuard& guard_;
  Inbox& inbox_;
  Connection& connection_;
  Driver& driver_;
};

}  // namespace forkmill::client
