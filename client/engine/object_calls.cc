// The engine's side of operations on named objects.
#include <utility>

#include "client/engine/engine.h"

namespace forkmill::client {

CallRef Engine::enqueue_call(proto::Operation operation, proto::ObjectKind kind) {
  if (in_forked_child()) throw_forked();
  auto call = detail::make_ref<Call>(detail::Ref<detail::Origin>{this});
  const bool harmless = harmless_twice(operation.verb, kind);
  const std::unique_lock inbox{inbox_mutex_};
  check_open();
  inbox_.emplace_back(OperateObject{std::move(operation), harmless, reinterpret_cast<Cookie>(CallRef{call}.detach())});
  ++inbox_tasks_;
  return call;
}

CallRef Engine::operate(proto::Operation operation, proto::ObjectKind kind) {
  auto call = enqueue_call(std::move(operation), kind);
  get_going();
  return call;
}

void Engine::post(proto::Operation operation, proto::ObjectKind kind) {
  enqueue_call(std::move(operation), kind);
  wake_thread();
}

// Sent by the thread that waits for it, which sees the answer arrive itself: nobody else needs to wake up.
CallRef Engine::operate_now(proto::Operation operation, proto::ObjectKind kind, const detail::Deadline& deadline) {
  auto call = enqueue_call(std::move(operation), kind);
  if (driven_.exchange(true)) {
    get_going();
    call->wait(deadline);
  } else {
    drive(call->signal(), deadline);
  }
  return call;
}

void Engine::give_up(const CallRef& call) {
  const std::unique_lock turn{turn_};
  if (closing_) return;
  take_inbox();
  session_.handle(env_.now().steady, GiveUp{reinterpret_cast<Cookie>(call.get())});
  carry_out();
  wake_thread();
}

void Engine::resolve(Effects::Operated& operated) {
  const auto call = CallRef::adopt(reinterpret_cast<Call*>(operated.cookie));
  call->answer(std::move(operated.answer));
}

}  // namespace forkmill::client
