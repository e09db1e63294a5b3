#include "tests/sim/audits/order_audit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "tests/sim/audits/require.h"
#include "tests/sim/world/trace.h"

namespace forkmill::sim {

using broker::State;

namespace {

// A first attempt without a delay: the order of arrival is promised for these alone.
bool plain(const broker::Task& task) {
  return task.attempts.value() <= 1 && task.options().delay.count() == 0 && task.options().not_before.count() == 0;
}

// The tasks that are ready and in memory after a round: its grants left them out.
class Waiting {
 public:
  Waiting(const broker::BrokerState& state, const std::set<proto::TaskSeq>& moved) {
    for (const broker::Task* task : state.tasks.resident_tasks()) {
      if (task->state != State::ready || state.controls.is_name_paused(task->spec->name)) continue;
      // A task that must not run twice and may have run waits for its worker, in no lane.
      if (task->options().at_most_once && task->attempts.value() > 0) continue;
      const auto [highest, first_of_type] =
          highest_.try_emplace({task->queue(), task->type()}, task->options().priority);
      if (!first_of_type) highest->second = std::max(highest->second, int{task->options().priority});
      if (task->attempts.value() != 0 || !plain(*task) || moved.contains(task->seq)) continue;
      const auto [first, first_of_lane] = first_.try_emplace(lane_of(*task), task);
      if (!first_of_lane && task->seq < first->second->seq) first->second = task;
    }
  }

  // A waiting task of the same lane that arrived before `task`; null: none.
  const broker::Task* before_in_lane(const broker::Task& task) const {
    if (!plain(task)) return nullptr;
    const auto first = first_.find(lane_of(task));
    return first != first_.end() && first->second->seq <= task.seq ? first->second : nullptr;
  }

  // Whether a task of a higher priority waits in the same queue that `worker` could run.
  bool above(const broker::Task& task, const broker::Worker& worker, const broker::TaskTypes& task_types) const {
    return std::any_of(highest_.begin(), highest_.end(), [&](const auto& one) {
      const auto& [queue, type] = one.first;
      return queue == task.queue() && one.second > task.options().priority && knows(worker, task_types.name(type));
    });
  }

 private:
  using Lane = std::tuple<const broker::Queue*, const broker::Owner*, broker::ClientHandle, int, broker::TaskTypeId>;
  static Lane lane_of(const broker::Task& task) {
    return Lane{task.queue(), task.owner(), task.client(), task.options().priority, task.type()};
  }

  std::map<Lane, const broker::Task*> first_;
  std::map<std::pair<const broker::Queue*, broker::TaskTypeId>, int> highest_;
};

}  // namespace

void OrderAudit::begin(const broker::Core& core) {
  moved_.clear();
  places_.clear();
  note_moved(core, {});
}

// Stored tasks by what is stored, and others by where they are.
void OrderAudit::note_moved(const broker::Core& core, const broker::Effects& effects) {
  for (const broker::StoreOp& op : effects.ops)
    if (const auto* requeued = std::get_if<broker::Requeue>(&op)) moved_.insert(requeued->seq);
  if (core.bulk_changes().is_idle() && places_.empty()) return;
  std::unordered_map<proto::TaskSeq, Place> places;
  for (const broker::Task* task : core.state().tasks.resident_tasks()) {
    const Place place{task->queue(), task->options().priority};
    places.emplace(task->seq, place);
    const auto before = places_.find(task->seq);
    if (before != places_.end() && before->second != place) moved_.insert(task->seq);
  }
  if (core.bulk_changes().is_idle()) places.clear();
  places_ = std::move(places);
}

void OrderAudit::round(const broker::Core& core, const broker::Effects& effects) {
  note_moved(core, effects);
  const broker::BrokerState& state = core.state();
  const std::vector<broker::Send>& sends = effects.sends;
  std::optional<Waiting> waiting;
  for (const broker::Send& one : sends) {
    const auto* grants = std::get_if<proto::Grants>(&one.envelope.message);
    if (grants == nullptr) continue;
    if (!waiting) waiting.emplace(state, moved_);
    const broker::Worker& worker = *worker_at(state, one.peer);
    for (const auto& granted : grants->tasks) {
      const broker::Task& task = *state.tasks.find(granted.id);
      const broker::Task* earlier = moved_.contains(task.seq) ? nullptr : waiting->before_in_lane(task);
      require(earlier == nullptr, "9", [&] {
        return "task " + brief(task.id) + " was granted before " + brief(earlier->id) +
               ", which came earlier in its lane" +
               (earlier->paging.in_paged_out_part ? " and is only passing through" : "");
      });
      require(!waiting->above(task, worker, state.task_types), "9",
              [&] { return "task " + brief(granted.id) + " was granted before one of a higher priority"; });
    }
  }
}

}  // namespace forkmill::sim
