#include "client/engine/task_calls.h"

#include <forkmill/errors.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/engine/loans.h"
#include "proto/limits.h"
#include "proto/names.h"
#include "proto/per_thread.h"

namespace forkmill::client {

namespace {

struct LastSpec {
  proto::SharedSpec spec;  // null: none yet
};
// Most tasks that a thread submits are alike: they share their spec. Throws for a name that the broker would reject.
proto::SharedSpec spec_of(const Prepared& how, std::string_view name, std::uint64_t signature) {
  auto* last = proto::per_thread<LastSpec>();
  const proto::TaskSpec* known = last == nullptr ? nullptr : last->spec.get();
  const bool same = known != nullptr && known->name == name && known->signature == signature &&
                    known->queue == how.queue && known->options == how.options;
  if (same) return last->spec;
  if (!proto::is_name(name)) throw Error{Errc::name_invalid, "task name '" + std::string{name} + "'"};
  auto spec =
      std::make_shared<const proto::TaskSpec>(proto::TaskSpec{how.queue, std::string{name}, signature, how.options});
  if (last != nullptr) last->spec = spec;
  return spec;
}

}  // namespace

// Throws if the broker would reject such a task. Sealed arguments are bound to the id of their task, so it has one
// then.
proto::Submission TaskCalls::submission(const Prepared& how, std::string_view name, std::uint64_t signature,
                                        std::string_view payload) {
  auto spec = spec_of(how, name, signature);
  if (payload.size() > proto::limits::kMaxPayload)
    throw Rejected{Errc::payload_too_large, std::to_string(payload.size()) + " bytes of arguments for " +
                                                std::string{name} + "; the maximum is " +
                                                std::to_string(proto::limits::kMaxPayload)};
  proto::Submission task;
  task.spec = std::move(spec);
  if (inbox_.seals().on()) {
    task.id = inbox_.id_for(*task.spec);
    task.payload = inbox_.seals().seal(task, payload);
  } else {
    task.payload = proto::Payload::copy(payload);
  }
  return task;
}

TaskCalls::StateRef TaskCalls::submit(const Prepared& how, std::string_view name, std::uint64_t signature,
                                      std::string_view payload) {
  OutgoingLoans loans{payload};
  guard_.check();
  auto task = submission(how, name, signature, payload);
  capacity_.wait_for_room();
  loans.place(task);
  TaskPlace place = how.place;
  loans.add_to(place, options_.endpoint);
  auto state = inbox_.submit(std::move(task), place);
  loans.submitted(*state);
  driver_.get_going();
  return state;
}

std::vector<TaskCalls::StateRef> TaskCalls::submit_all(const Prepared& how, std::string_view name,
                                                       std::uint64_t signature,
                                                       const std::vector<std::string>& payloads) {
  guard_.check();
  std::vector<StateRef> states;
  states.reserve(payloads.size());
  try {
    while (states.size() < payloads.size()) submit_group(how, name, signature, payloads, states);
  } catch (...) {
    for (auto at = states.size(); at < payloads.size(); ++at) take_back(remove_unsent_in(payloads[at]));
    if (states.empty()) throw;
    while (states.size() < payloads.size()) states.push_back(inbox_.failed(std::current_exception()));
  }
  return states;
}

// Submits as many tasks as one group may have.
void TaskCalls::submit_group(const Prepared& how, std::string_view name, std::uint64_t signature,
                             const std::vector<std::string>& payloads, std::vector<StateRef>& states) {
  constexpr std::size_t kAtOnce = 1024;
  const auto end = std::min(states.size() + kAtOnce, payloads.size());
  std::vector<proto::Submission> tasks;
  std::vector<OutgoingLoans> loans;
  const std::size_t most = std::max<std::size_t>(options_.max_unsent_bytes / 4, 1);  // bytes of a group
  std::size_t bytes = 0;
  for (auto at = states.size(); at < end && bytes < most; ++at) {
    bytes += payloads[at].size();
    loans.emplace_back(payloads[at]);
    tasks.push_back(submission(how, name, signature, payloads[at]));
  }
  capacity_.wait_for_room();
  std::vector<TaskPlace> places(tasks.size(), how.place);  // each task goes with the pipes in its own arguments
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    loans[i].place(tasks[i]);
    loans[i].add_to(places[i], options_.endpoint);
  }
  auto submitted = inbox_.submit(tasks, places);
  for (std::size_t i = 0; i < submitted.size(); ++i) loans[i].submitted(*submitted[i]);
  std::ranges::move(submitted, std::back_inserter(states));
  driver_.wake_thread();
}

TaskCalls::StateRef TaskCalls::ask(Request&& request, const TaskId& id) {
  guard_.check();
  auto state = inbox_.ask(std::move(request), id);
  driver_.get_going();
  return state;
}

TaskCalls::StateRef TaskCalls::attach(const TaskId& id) { return ask(AttachTask{id}, id); }

TaskCalls::StateRef TaskCalls::cancel(const TaskId& id, bool unless_started) {
  return ask(CancelTask{.id = id, .unless_started = unless_started});
}

TaskCalls::StateRef TaskCalls::query(proto::Query query) { return ask(AskBroker{std::move(query)}); }

TaskCalls::StateRef TaskCalls::command(proto::AnyCommand command) { return ask(CommandBroker{std::move(command)}); }

}  // namespace forkmill::client
