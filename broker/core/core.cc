#include "broker/core/core.h"

#include <algorithm>
#include <utility>

#include "broker/core/lifecycle/scheduling.h"

namespace forkmill::broker {

using proto::Now;

Core::Core(CoreOptions options, Identity identity, Now now) : state_{std::move(options), std::move(identity), now} {}

void Core::handle(Now now, proto::PeerId peer, proto::Result<proto::Envelope> envelope, proto::SessionId fresh) {
  state_.clock.set(now);
  dispatcher_.handle(peer, std::move(envelope), fresh);
}

void Core::handle(Now now, StoreAnswer answer) {
  state_.clock.set(now);
  dispatcher_.handle(std::move(answer));
}

void Core::tick(Now now) {
  state_.clock.set(now);
  if (state_.clock.pop_step()) follow_wall_clock(state_);
  run_deadlines();
  parts_.sessions.tick();
  parts_.objects.tick();
  parts_.time_limits.tick();
  parts_.retention.tick();
  state_.queues.forget_unused(state_.clock.now());
  parts_.notices.tick();
}

void Core::run_deadlines() {
  while (Task* task = state_.deadlines.pop_due(state_.clock.now())) {
    is_terminal(task->state) ? parts_.retention.expire_if_due(*task) : advance_task(state_, parts_.grants, *task);
  }
}

void Core::flush(Now now) {
  state_.clock.set(now);
  dispatcher_.answer_waiting();
  dispatcher_.go_on();
  parts_.operators.step();
  parts_.bulk.step();
  parts_.cancels.settle_finished();
  parts_.matching.run();
  parts_.paging.flush();
  parts_.objects.flush();
  parts_.operators.event_pulls().flush();
  outbox_.flush();
}

void Core::expel(Now now, const Sessions::WhyExpelled& why) {
  state_.clock.set(now);
  ++state_.controls.rights_version;
  parts_.sessions.expel(why);
}

Instant Core::next_wakeup() const {
  if (parts_.operators.is_listing() || dispatcher_.has_waiting()) return state_.clock.now();
  if (state_.paging.has_more_to_do()) return state_.clock.now();
  return std::min({state_.deadlines.next_due(), parts_.sessions.next_wakeup(), parts_.objects.next_wakeup(),
                   parts_.retention.next_wakeup(), parts_.time_limits.next_wakeup(), parts_.paging.next_wakeup(),
                   parts_.matching.next_wakeup(), parts_.notices.next_wakeup(), parts_.bulk.next_wakeup(),
                   parts_.operators.event_pulls().next_wakeup(), outbox_.next_wakeup()});
}

void Core::shut_down(Now now) {
  state_.clock.set(now);
  parts_.submissions.close();
  parts_.objects.flush();
  outbox_.flush_all();
  parts_.sessions.farewell();
}

}  // namespace forkmill::broker
