// Object: one named object as this client has it open; all copies of a handle share it. Sends operations, turns their
// errors into exceptions, and knows what is held through it. Thread-safe.
//
// Lifetime: keeps the engine, but not open. An object that was made without a name is removed with its last handle,
// without waiting; every other one stays at the broker.
#pragma once

#include <forkmill/detail/object.h>
#include <forkmill/future.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/engine.h"
#include "proto/wire/messages.h"
#include "proto/wire/operands.h"

namespace forkmill::client {

using proto::ObjectKind;
using proto::Verb;
namespace operands = proto::operands;

struct ObjectRequest {
  Verb verb;
  proto::Operands operands{};
  std::vector<proto::Payload> values{};
  std::optional<detail::Wait> wait{};  // empty: the operation never waits, so it has no time limit
  // The broker may answer long after the time limit: the call is given up only when the broker is out of reach.
  bool patient = false;
};

// OpenedObject: an object as it was opened.
struct OpenedObject {
  proto::ObjectSpec spec;
  std::string address;       // the name, and if it is needed the place, by which other programs find the object
  std::uint64_t number = 0;  // as the session gave it
  bool zeroed = false;       // this client has made it, and its elements, if it has any, begin as the integer 0
  bool removes = false;      // is removed with the last handle
};

class Object : public std::enable_shared_from_this<Object> {
 public:
  using Answer = proto::OperationAnswer;
  using OnLateAnswer = std::function<void(Answer&)>;

  Object(detail::Ref<detail::Origin> engine, OpenedObject opened);
  ~Object();

  // Returns the answer, which may be an error. Blocks until the broker answers. If the operation waits with a time
  // limit, and the broker does not answer within it and a little more, the call is given up: the code is `timeout`
  // then, or `disconnected` when it is unknown whether something was changed. A success that comes later goes to
  // `undo`.
  Answer call(ObjectRequest request, OnLateAnswer undo = {});
  // The same, and throws unless the answer is a success.
  Answer require(ObjectRequest request, OnLateAnswer undo = {});
  // Returns at once; the call gets the answer.
  CallRef start(ObjectRequest request);
  // Ignores the answer. Does nothing when the client was closed.
  void post(ObjectRequest request) noexcept;
  void remove();

  // After close(), all operations but post() throw Error{object_closed}.
  void close() noexcept { closed_ = true; }
  bool closed() const { return closed_; }
  void check_open() const;

  const std::string& name() const { return opened_.spec.name; }
  const std::string& address() const { return opened_.address; }
  const proto::ObjectSpec& spec() const { return opened_.spec; }
  std::uint64_t number() const { return opened_.number; }
  bool zeroed() const { return opened_.zeroed; }
  // How this client holds the lock; only for a lock.
  LockHolding& holding() { return *holding_; }
  Engine& engine() const { return engine_of(engine_); }
  const detail::Ref<detail::Origin>& engine_ref() const { return engine_; }
  // Throws the error of an answer.
  [[noreturn]] void fail(const Answer& answer) const;

 private:
  void forget_holdings();

  const detail::Ref<detail::Origin> engine_;
  const OpenedObject opened_;
  std::atomic<bool> closed_{false};
  std::shared_ptr<LockHolding> holding_;  // null: this is no lock
};

}  // namespace forkmill::client
