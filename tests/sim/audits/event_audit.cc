#include "tests/sim/audits/event_audit.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/sim/audits/require.h"

namespace forkmill::sim {

using broker::Event;
using broker::State;
using broker::TaskEvent;
using broker::TaskEventKind;

namespace {

std::optional<Event> step_of(TaskEventKind kind) {
  switch (kind) {
    case TaskEventKind::ready:
      return Event::queued;
    case TaskEventKind::granted:
      return Event::granted;
    case TaskEventKind::handed_back:
      return Event::handed_back;
    case TaskEventKind::retried:
      return Event::retried;
    case TaskEventKind::succeeded:
      return Event::succeeded;
    case TaskEventKind::failed:
      return Event::failed;
    case TaskEventKind::cancelled:
      return Event::cancelled;
    case TaskEventKind::expired:
      return Event::expired;
    default:
      return std::nullopt;
  }
}

std::string named(const TaskEvent& event) {
  return "task " + std::to_string(event.seq.value()) + " (" + event.id.to_string() + "): event " +
         std::string{broker::event_name(event.kind)};
}

}  // namespace

std::optional<State> state_after(State before, TaskEventKind kind, State told) {
  if (const auto step = step_of(kind)) return broker::next_state(before, *step);
  const bool is_end = kind == TaskEventKind::dropped || kind == TaskEventKind::forgotten;
  if (is_end && !broker::is_terminal(before)) return std::nullopt;
  if (kind == TaskEventKind::submitted) return before == State::submitted ? std::optional{told} : std::nullopt;
  return before;
}

void EventAudit::follow(const TaskEvent& event) {
  const bool is_first = event.kind == TaskEventKind::submitted;
  const auto known = states_.find(event.seq);
  if (is_first || known != states_.end()) {
    const State before = known == states_.end() ? State::submitted : known->second;
    const auto after = state_after(before, event.kind, event.state);
    require(after == event.state, "17", [&] {
      return named(event) + " leads from " + std::string{broker::state_name(before)} + " to " +
             std::string{broker::state_name(event.state)};
    });
  }
  states_[event.seq] = event.state;
}

void EventAudit::round(const broker::BrokerState& state) {
  const broker::EventRing& events = state.events;
  const std::uint64_t first = std::max(seen_, events.begin());
  if (first > seen_) states_.clear();  // events were not kept
  seen_ = events.end();
  for (std::uint64_t position = first; position < events.end(); ++position) follow(events.at(position));
  // Each task that has had an event is in the state that its last one tells.
  for (std::uint64_t position = first; position < events.end(); ++position) {
    const TaskEvent& event = events.at(position);
    const auto told = states_.find(event.seq);
    if (told == states_.end()) continue;
    const broker::Task* task = state.tasks.find(event.id);
    if (task == nullptr || task->seq != event.seq) {
      const auto paged_out = state.tasks.find_paged_out(event.id);
      if (!paged_out || paged_out->seq != event.seq) {
        states_.erase(told);  // the task is gone
        continue;
      }
      require(paged_out->state == told->second, "17", [&] { return named(event) + ": the task on disk is otherwise"; });
      continue;
    }
    require(task->state == told->second, "17",
            [&] { return named(event) + ": the task is " + std::string{broker::state_name(task->state)} + " now"; });
  }
}

}  // namespace forkmill::sim
