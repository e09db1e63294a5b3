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

// The caller of these two holds mutex_, as that of add() for a task does.

void Inbox::check_open() const {
  if (closed_) throw Disconnected{Errc::client_closed, "submitting to a client that was closed"};
}

// A count stands in for the upper random bits: ids of one tick of the clock differ by it, too.
TaskId Inbox::new_id() {
  const auto unix_ms = static_cast<std::uint64_t>(proto::RealEnv::coarse_unix_time().count());
  return TaskId::make(unix_ms, ++ids_, env_.random());
}

TaskId Inbox::id_of(const proto::TaskSpec& spec) {
  return spec.options.key.empty() ? new_id() : TaskId::of_key(spec.queue, spec.options.key);
}

TaskId Inbox::id_for(const proto::TaskSpec& spec) {
  const std::lock_guard hold{mutex_};
  return id_of(spec);
}

// ---- Tasks ----------------------------------------------------------------------------------------------------------

Inbox::StateRef Inbox::add(proto::Submission&& task, TaskPlace place) {
  if (task.id.is_nil()) task.id = id_of(*task.spec);
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, task.id);
  const auto bytes = task.payload.size();
  const auto cookie = cookie_of(state);
  seals_.expect(cookie, task.payload);
  requests_.add(SubmitTask{std::move(task), cookie, place});
  load_.added(bytes);
  return state;
}

Inbox::StateRef Inbox::submit(proto::Submission&& task, TaskPlace place) {
  const std::lock_guard hold{mutex_};
  check_open();
  return add(std::move(task), place);
}

std::vector<Inbox::StateRef> Inbox::submit(std::span<proto::Submission> tasks, std::span<const TaskPlace> places) {
  std::vector<StateRef> states;
  states.reserve(tasks.size());
  const std::lock_guard hold{mutex_};
  check_open();
  for (std::size_t i = 0; i < tasks.size(); ++i) states.push_back(add(std::move(tasks[i]), places[i]));
  return states;
}

Inbox::StateRef Inbox::failed(std::exception_ptr error) {
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, TaskId{});
  state->fail(std::move(error));
  return state;
}

// ---- Everything else ------------------------------------------------------------------------------------------------

template <class Waiter>
detail::Ref<Waiter> Inbox::add(Request&& request, detail::Ref<Waiter> waiter) {
  const std::lock_guard hold{mutex_};
  check_open();
  if (auto* command = std::get_if<CommandBroker>(&request)) {
    if (auto* retry = std::get_if<proto::RetryDeadLetter>(&command->command)) retry->new_id = new_id();
    if (auto* retry = std::get_if<proto::RetryEdited>(&command->command)) retry->new_id = new_id();
    auto* change = std::get_if<proto::ChangeTasks>(&command->command);
    if (change != nullptr && change->id.is_nil()) change->id = new_id();
  }
  std::visit([&](auto& one) { one.cookie = cookie_of(waiter); }, request);
  requests_.add(std::move(request));
  load_.added(0);
  return waiter;
}

Inbox::StateRef Inbox::ask(Request&& request, const TaskId& id) {
  return add(std::move(request), detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{&origin_}, id));
}

CallRef Inbox::operate(OperateObject request) {
  return add(std::move(request), detail::make_ref<Call>(detail::Ref<detail::Origin>{&origin_}));
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

void Inbox::drain(RequestQueue& to) {
  const std::lock_guard hold{mutex_};
  to.swap(requests_);
  load_.draining();
}

}  // namespace forkmill::client
