// Object: one named object as this client has it open: what all copies of a handle share. It sends operations, turns
// their errors into exceptions, and knows what is held through it. Thread-safe.
//
// Lifetime: it keeps the engine, but not open. One that was made without a name is removed with its last handle, and
// that without waiting; everything else stays at the broker.
#pragma once

#include <forkmill/detail/object.h>
#include <forkmill/future.h>

#include <atomic>
#include <concepts>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/engine/engine.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

using proto::ObjectKind;
using proto::Verb;

struct ObjectRequest {
  Verb verb;
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::vector<proto::Payload> values{};
  std::optional<detail::Wait> wait{};  // empty: it is done at once and has no time limit
};

[[noreturn]] void throw_object_error(Errc code, const std::string& text);
std::uint64_t this_thread_number();
proto::Payload payload_of(std::string bytes);
detail::Bytes bytes_of(const proto::Payload& payload);
std::vector<proto::Payload> payloads_of(std::vector<std::string> values);
std::vector<detail::Bytes> bytes_of(const std::vector<proto::Payload>& payloads);

// What is held of a lock.
struct Holding {
  std::uint64_t who = 0;
  std::int64_t token = 0;
  std::int64_t count = 0;
  std::uint64_t losses = 0;  // as Holdings::losses() was
};

class Object : public std::enable_shared_from_this<Object> {
 public:
  using Answer = proto::OperationAnswer;

  // Waits for the broker. ends: of a pipe, those that this client opens with it. Throws what the broker answers.
  static std::shared_ptr<Object> open(const ObjectOptions& options, proto::ObjectSpec spec, std::int64_t ends = 0);
  // Of a ticket: there must be one.
  static std::shared_ptr<Object> open(const detail::Ticket& ticket, ObjectKind kind, std::uint64_t type = 0);
  Object(detail::Ref<detail::Origin> engine, proto::ObjectSpec spec, bool removes);
  ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  // The answer, whatever its code. A waiting one that the broker does not answer in time, and a little more, is given
  // up: then the code is `timeout`, or `disconnected` when it is not known whether it was done, and `undo` gets the
  // answer if it comes all the same.
  Answer call(ObjectRequest request, std::function<void(Answer&)> undo = {});
  // The answer; throws unless it is a success.
  Answer require(ObjectRequest request, std::function<void(Answer&)> undo = {});
  CallRef start(ObjectRequest request);
  void forget(ObjectRequest request) noexcept;  // nobody waits for it; does nothing for a client that has ended
  // A future of the bytes that `convert` makes of the answer; it may throw.
  template <class Convert>
  detail::Ref<detail::RemoteState> later(ObjectRequest request, Convert convert);

  void remove();
  void close() noexcept { closed_ = true; }
  bool closed() const { return closed_; }
  void check_open() const;  // throws Error{object_closed}

  // Locks. What is held of semaphores: Holdings::units().
  void acquired(std::int64_t token);
  void hold(const Holding& holding);
  Holding take_all();
  // One of what is held: what it is, count 0 if nothing is. Throws LeaseLost when it was lost.
  Holding take_one();
  std::int64_t token() const;

  // Of an end of a pipe: what came after its reader had given up. For the next one.
  void keep_late(Answer& answer);
  bool take_late(std::size_t most, std::vector<proto::Payload>& into);

  const std::string& name() const { return spec_.name; }
  const proto::ObjectSpec& spec() const { return spec_; }
  std::uint64_t number() const { return number_; }
  bool made() const { return made_; }
  Engine& engine() const { return engine_of(engine_); }
  const detail::Ref<detail::Origin>& engine_ref() const { return engine_; }
  [[noreturn]] void fail(const Answer& answer) const;
  // What an error says of it beside the sentence of its code.
  std::string about(const Answer& answer) const;

 private:
  proto::Operation operation(ObjectRequest& request) const;
  void give_up(const CallRef& call, std::function<void(Answer&)> undo);
  bool is_lost() const { return holding_.losses != engine().holdings().losses(); }

  const detail::Ref<detail::Origin> engine_;
  proto::ObjectSpec spec_;
  const bool removes_;
  std::uint64_t number_ = 0;
  bool made_ = false;
  std::atomic<bool> closed_{false};

  mutable std::mutex mutex_;
  Holding holding_;
  std::deque<proto::Payload> late_;
};

// Runs when the call has its answer, on the thread that resolves.
class OnAnswer final : public detail::Continuation {
 public:
  explicit OnAnswer(std::function<void(Object::Answer&)> act) : Continuation{true}, act_{std::move(act)} {}
  void run() noexcept override;
  void abandon() noexcept override { run(); }

 private:
  std::function<void(Object::Answer&)> act_;
};

template <class Convert>
detail::Ref<detail::RemoteState> Object::later(ObjectRequest request, Convert convert) {
  auto state = detail::make_ref<detail::RemoteState>(engine_, TaskId{});
  const auto call = start(std::move(request));
  call->add(new OnAnswer{[state, convert, self = shared_from_this()](Answer& answer) {
    try {
      if (answer.code != Errc::ok) self->fail(answer);
      const proto::Payload bytes = convert(*self, answer);
      state->succeed(bytes.owner(), bytes.view());
    } catch (...) {
      state->fail(std::current_exception());
    }
  }});
  return state;
}

}  // namespace forkmill::client
