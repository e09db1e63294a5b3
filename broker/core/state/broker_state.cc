#include "broker/core/state/broker_state.h"

#include <utility>

#include "broker/store/store.h"
#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

// The number after which new tasks are numbered.
proto::TaskSeq last_used_seq(const Identity& identity) {
  const std::uint64_t last = identity.last_seq.value();
  const bool again = proto::mutant(proto::Mutant::numbers_used_again) && last >= Store::kLeftOut;
  return proto::TaskSeq{again ? last - Store::kLeftOut : last};
}

}  // namespace

BrokerState::BrokerState(CoreOptions core_options, Identity who, proto::Now start)
    : options{std::move(core_options)},
      identity{std::move(who)},
      clock{start},
      task_types{options.names.task_types},
      tasks{last_used_seq(identity)},
      events{options.events},
      queues{{options.names.queues, options.queue, options.queues, options.resident, controls}, task_types},
      offers{options.grants_unknown},
      output{identity.commit} {
  tasks.logs.set_budget(options.log_memory);
}

void BrokerState::step(Task& task, Event event) {
  const auto to = next_state(task.state, event);
  FORKMILL_CHECK(to.has_value());
  if (task.state == State::running) {
    --task.queue()->running;
    --totals.running;
  }
  if (task.state == State::scheduled) {
    --task.queue()->scheduled;
    paging.no_longer_scheduled(task);
  }
  task.state = *to;
  if (task.state == State::running) {
    ++task.queue()->running;
    ++totals.running;
  }
  if (task.state == State::scheduled) {
    ++task.queue()->scheduled;
    ++paging.scheduled;
  }
}

void count_result(BrokerState& state, Task& task) {
  if (std::exchange(task.finished->counted, true)) return;
  state.tasks.owners.hold_result(*task.owner(), result_bytes(task));
}

void uncount_result(BrokerState& state, Task& task) {
  if (!std::exchange(task.finished->counted, false)) return;
  const bool leaks = proto::mutant(proto::Mutant::result_bytes_leak) && task.state == State::failed;
  state.tasks.owners.release_result(*task.owner(), leaks ? 0 : result_bytes(task));
}

}  // namespace forkmill::broker
