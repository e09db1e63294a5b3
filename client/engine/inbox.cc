// The engine's other side: what submitting threads do.
#include <forkmill/errors.h>

#include <utility>

#include "client/engine/engine.h"
#include "client/engine/fork_guard.h"
#include "proto/names.h"

namespace forkmill::client {

namespace {

std::string limits_text(const ClientOptions& options) {
  return "this client may hold " + std::to_string(options.max_outstanding) + " tasks, " +
         std::to_string(options.max_unsent) + " of them and " + std::to_string(options.max_unsent_bytes) +
         " bytes not taken by the broker";
}

void check(std::string_view name, std::string_view payload) {
  if (!proto::is_name(name)) throw Error{Errc::name_invalid, "task name '" + std::string{name} + "'"};
  if (payload.size() > proto::limits::kMaxPayload)
    throw Rejected{Errc::payload_too_large, std::to_string(payload.size()) + " bytes of arguments for " +
                                                std::string{name} + "; the maximum is " +
                                                std::to_string(proto::limits::kMaxPayload)};
}

}  // namespace

void Engine::throw_forked() const {
  throw Disconnected{Errc::client_closed,
                     "this client was made before a fork, and belongs to the parent process; fork first, then make "
                     "clients, or let the child exec a program"};
}

void Engine::check_open() const {  // the caller holds inbox_mutex_
  if (closed_) throw Disconnected{Errc::client_closed, "submitting to a client that was closed"};
}

bool Engine::has_room(std::size_t spare) const {
  auto below = [spare](std::size_t load, std::size_t limit) { return load < limit - (spare == 0 ? 0 : limit / spare); };
  const auto inbox = inbox_tasks_.load();
  return inbox + outstanding_ < options_.max_outstanding && below(inbox + held_tasks_, options_.max_unsent) &&
         below(inbox_bytes_ + held_bytes_, options_.max_unsent_bytes);
}

void Engine::wait_for_room() {
  if (has_room(0)) return;
  if (options_.when_full == WhenFull::reject) throw Rejected{Errc::window_full, limits_text(options_)};
  detail::Deadline deadline;
  if (options_.when_full == WhenFull::timeout) deadline = std::chrono::steady_clock::now() + options_.submit_timeout;
  ++room_waiters_;
  bool in_time = true;
  for (;;) {
    room_.remove(detail::Signal::kSet);
    if (has_room(0) || !in_time || is_closed()) break;
    in_time = wait(room_, deadline);
  }
  --room_waiters_;
  if (!in_time && !has_room(0)) {
    auto why = why_waiting();
    throw Rejected{Errc::window_full, limits_text(options_) + (why.empty() ? "" : "; " + why)};
  }
}

bool Engine::is_closed() const {
  const std::unique_lock inbox{inbox_mutex_};
  return closed_;
}

proto::Submission Engine::submission(const Prepared& how, std::string_view name, std::uint64_t signature,
                                     std::string_view payload) {
  proto::Submission task;
  task.queue = how.queue;
  task.name = name;
  task.signature = signature;
  task.options = how.options;
  task.payload = proto::Payload::copy(payload);
  return task;
}

TaskId Engine::new_id() {  // the caller holds inbox_mutex_
  const auto unix_ms = static_cast<std::uint64_t>(id_env_.now().unix_time.count());
  const auto high = id_env_.random();
  return TaskId::make(unix_ms, high, id_env_.random());
}

// The caller holds inbox_mutex_.
Engine::StateRef Engine::enqueue(proto::Submission task) {
  task.id = task.options.key.empty() ? new_id() : TaskId::of_key(task.queue, task.options.key);
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{this}, task.id);
  const auto bytes = task.payload.size();
  inbox_.emplace_back(SubmitTask{std::move(task), cookie_of(state)});
  inbox_bytes_ += bytes;
  ++inbox_tasks_;
  return state;
}

Engine::StateRef Engine::submit(const Prepared& how, std::string_view name, std::uint64_t signature,
                                std::string_view payload) {
  if (in_forked_child()) throw_forked();
  check(name, payload);
  auto task = submission(how, name, signature, payload);
  wait_for_room();
  StateRef state;
  {
    const std::unique_lock inbox{inbox_mutex_};
    check_open();
    state = enqueue(std::move(task));
  }
  get_going();
  return state;
}

std::vector<Engine::StateRef> Engine::submit_all(const Prepared& how, std::string_view name, std::uint64_t signature,
                                                 const std::vector<std::string>& payloads) {
  constexpr std::size_t kAtOnce = 1024;
  if (in_forked_child()) throw_forked();
  std::vector<StateRef> states;
  states.reserve(payloads.size());
  for (std::size_t at = 0; at < payloads.size();) {
    const auto end = std::min(at + kAtOnce, payloads.size());
    std::vector<proto::Submission> tasks;
    std::size_t bytes = 0;
    for (; at < end && bytes < options_.max_unsent_bytes / 4; ++at) {
      check(name, payloads[at]);
      bytes += payloads[at].size();
      tasks.push_back(submission(how, name, signature, payloads[at]));
    }
    wait_for_room();
    {
      const std::unique_lock inbox{inbox_mutex_};
      check_open();
      for (auto& task : tasks) states.push_back(enqueue(std::move(task)));
    }
    wake_thread();
  }
  return states;
}

Engine::StateRef Engine::ask(const TaskId& id, const std::function<Request(Cookie)>& request) {
  if (in_forked_child()) throw_forked();
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{this}, id);
  {
    const std::unique_lock inbox{inbox_mutex_};
    check_open();
    inbox_.push_back(request(cookie_of(state)));
    ++inbox_tasks_;
  }
  get_going();
  return state;
}

Engine::StateRef Engine::attach(const TaskId& id) {
  return ask(id, [&](Cookie cookie) { return AttachTask{id, cookie}; });
}

Engine::StateRef Engine::cancel_task(const TaskId& id) {
  return ask(TaskId{}, [&](Cookie cookie) { return CancelTask{id, cookie}; });
}

Engine::StateRef Engine::query(proto::Query query) {
  return ask(TaskId{}, [&](Cookie cookie) {
    if (query.kind == proto::QueryKind::dead_retry) query.new_id = new_id();
    return AskBroker{std::move(query), cookie};
  });
}

void Engine::cancel(const TaskId& id) {
  if (in_forked_child()) throw_forked();
  {
    const std::unique_lock inbox{inbox_mutex_};
    if (closed_) return;
    inbox_.emplace_back(CancelTask{id, 0});
    ++inbox_tasks_;
  }
  get_going();
}

// A task that comes alone is sent by the thread that brings it: no other thread needs to wake up for it. In a stream of
// tasks the engine's thread collects them into batches.
void Engine::get_going() {
  if (!thread_awake_ && outstanding_ == 0) {
    if (const std::unique_lock turn{turn_, std::try_to_lock}; turn && !closing_) {
      step();
      nudge_thread();
      return;
    }
  }
  wake_thread();
}

bool Engine::wait_connected(const detail::Deadline& deadline) {
  wait(connected_, deadline);
  return connected();
}

}  // namespace forkmill::client
