#include "broker/core/events/event_ring.h"

#include <utility>

#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

std::size_t size_of(const TaskSpec& spec) {
  std::size_t bytes = sizeof(TaskSpec) + spec.queue.size() + spec.name.size() + spec.principal.size() +
                      spec.options.key.size() + spec.options.label.size();
  for (const auto& [name, value] : spec.options.headers) bytes += 2 * sizeof(std::string) + name.size() + value.size();
  return bytes;
}

}  // namespace

void EventRing::turn_on() { is_on_ = true; }

void EventRing::turn_off() {
  is_on_ = false;
  bytes_ = 0;
  std::deque<Kept>{}.swap(events_);
}

void EventRing::keep(TaskEvent event) {
  if (proto::mutant(proto::Mutant::event_lost) && event.kind == TaskEventKind::granted && event.seq.value() % 4 == 0) {
    --end_;
    return;
  }
  const std::size_t bytes = size_of(event);
  bytes_ += bytes;
  events_.push_back({std::move(event), bytes});
  while (events_.size() > limits_.most || (bytes_ > limits_.bytes && events_.size() > 1)) drop_oldest();
}

// Tasks that were submitted alike share a spec, which counts once for a run of their events.
std::size_t EventRing::size_of(const TaskEvent& event) const {
  std::size_t bytes = sizeof(Kept);
  if (events_.empty() || events_.back().event.spec != event.spec) bytes += broker::size_of(*event.spec);
  if (event.before != nullptr) bytes += broker::size_of(*event.before);
  return bytes;
}

void EventRing::drop_oldest() {
  bytes_ -= events_.front().bytes;
  events_.pop_front();
}

}  // namespace forkmill::broker
