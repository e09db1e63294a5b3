#include "client/engine/object_calls.h"

#include <utility>

#include "client/session/operations.h"

namespace forkmill::client {

CallRef ObjectCalls::add(proto::Operation operation, proto::ObjectKind kind) {
  guard_.check();
  const bool harmless = harmless_twice(operation.verb, kind);
  return inbox_.operate({std::move(operation), harmless});
}

CallRef ObjectCalls::open(OperateObject request) {
  guard_.check();
  request.harmless = harmless_twice(proto::Verb::open, request.operation.spec->kind);
  auto call = inbox_.operate(std::move(request));
  driver_.wait_for_new(call->signal(), {});
  return call;
}

CallRef ObjectCalls::start(proto::Operation operation, proto::ObjectKind kind) {
  auto call = add(std::move(operation), kind);
  driver_.get_going();
  return call;
}

CallRef ObjectCalls::run(proto::Operation operation, proto::ObjectKind kind, const detail::Deadline& deadline) {
  auto call = add(std::move(operation), kind);
  driver_.wait_for_new(call->signal(), deadline);
  return call;
}

void ObjectCalls::post(proto::Operation operation, proto::ObjectKind kind) {
  add(std::move(operation), kind);
  driver_.wake_thread();
}

void ObjectCalls::give_up(const CallRef& call) {
  driver_.with_turn([&] { connection_.give_up(reinterpret_cast<Cookie>(call.get())); });
  driver_.wake_thread();
}

}  // namespace forkmill::client
