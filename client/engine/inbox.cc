#include "client/engine/inbox.h"

#include <forkmill/errors.h>

#include <utility>

namespace forkmill::client {

namespace {

template <class Waiter>
Cookie cookie_of(detail::Ref<Waiter> waiter) {
  return reinterpret_cast<Cookie>(waiter.detach());
}

}  // namespace

// The caller of these three holds mutex_.

void Inbox::check_open() const {
  if (closed_) throw Disconnected{Errc::client_closed, "submitting to a client that was closed"};
}

TaskId Inbox::new_id() {
  const auto unix_ms = static_cast<std::uint64_t>(env_.now().unix_time.count());
  const auto high = env_.random();
  return TaskId::make(unix_ms, high, env_.random());
}

void Inbox::add(Request&& request) {
  requests_.push_back(std::move(request));
  ++size_;
}

// ---- Tasks ----------------------------------------------------------------------------------------------------------

Inbox::StateRef Inbox::add(proto::Submission&& task) {
  task.id = task.options.key.empty() ? new_id() : TaskId::of_key(task.queue, task.options.key);
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, task.id);
  payload_bytes_ += task.payload.size();
  requests_.emplace_back(SubmitTask{std::move(task), cookie_of(state)});
  ++size_;
  return state;
}

Inbox::StateRef Inbox::submit(proto::Submission&& task) {
  const std::lock_guard hold{mutex_};
  check_open();
  return add(std::move(task));
}

std::vector<Inbox::StateRef> Inbox::submit(std::span<proto::Submission> tasks) {
  std::vector<StateRef> states;
  states.reserve(tasks.size());
  const std::lock_guard hold{mutex_};
  check_open();
  for (auto& task : tasks) states.push_back(add(std::move(task)));
  return states;
}

// ---- Everything else ------------------------------------------------------------------------------------------------

template <class Waiter, class Make>
detail::Ref<Waiter> Inbox::add_with_waiter(detail::Ref<Waiter> waiter, Make&& request_of) {
  const std::lock_guard hold{mutex_};
  check_open();
  add(request_of(cookie_of(waiter)));
  return waiter;
}

Inbox::StateRef Inbox::attach(const TaskId& id) {
  return add_with_waiter(detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, id),
                         [&](Cookie cookie) {
                           return AttachTask{id, cookie};
                         });
}

Inbox::StateRef Inbox::cancel_task(const TaskId& id) {
  return add_with_waiter(detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, TaskId{}),
                         [&](Cookie cookie) {
                           return CancelTask{id, cookie};
                         });
}

Inbox::StateRef Inbox::query(proto::Query query) {
  return add_with_waiter(detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, TaskId{}),
                         [&](Cookie cookie) {
                           return AskBroker{std::move(query), cookie};
                         });
}

Inbox::StateRef Inbox::command(proto::AnyCommand command) {
  return add_with_waiter(detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, TaskId{}),
                         [&](Cookie cookie) {
                           if (auto* retry = std::get_if<proto::RetryDeadLetter>(&command)) retry->new_id = new_id();
                           return CommandBroker{std::move(command), cookie};
                         });
}

CallRef Inbox::operate(proto::Operation operation, bool harmless) {
  return add_with_waiter(detail::make_ref<Call>(detail::Ref<detail::Origin>{&origin_}), [&](Cookie cookie) {
    return OperateObject{std::move(operation), harmless, cookie};
  });
}

void Inbox::cancel(const TaskId& id) {
  const std::lock_guard hold{mutex_};
  if (!closed_) add(CancelTask{id, 0});
}

bool Inbox::close() {
  const std::lock_guard hold{mutex_};
  return !std::exchange(closed_, true);
}

bool Inbox::closed() const {
  const std::lock_guard hold{mutex_};
  return closed_;
}

// ---- The driver -----------------------------------------------------------------------------------------------------

void Inbox::drain(std::vector<Request>& to) {
  const std::lock_guard hold{mutex_};
  to.swap(requests_);
  draining_ = to.size();
  draining_bytes_ = payload_bytes_;
}

void Inbox::drained() {
  size_ -= std::exchange(draining_, 0);
  payload_bytes_ -= std::exchange(draining_bytes_, 0);
}

}  // namespace forkmill::client
