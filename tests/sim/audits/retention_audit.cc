#include "tests/sim/audits/retention_audit.h"

#include <string>
#include <utility>

namespace forkmill::sim {

using broker::State;

namespace {

// Whether the result is kept for a time of its own, however many others there are.
bool has_its_own_time(const broker::Task& task) {
  return task.options().result_ttl.count() > 0 || !task.options().key.empty();
}

void no_more_than(std::size_t most, std::size_t kept, const char* what) {
  if (kept > most)
    throw Violation{"invariant 13: " + std::to_string(kept) + ' ' + what + " are kept, but at most " +
                    std::to_string(most) + " may be"};
}

}  // namespace

void RetentionAudit::begin(const broker::BrokerState& state) {
  fetched_.clear();
  looked_ = world_.now();
  for (const auto& [seq, dropped] : std::exchange(dropped_, {})) {
    if (!state.identity.durable || dropped.commit > safe_) continue;
    const auto paged_out = state.tasks.find_paged_out(dropped.id);
    if (paged_out && paged_out->seq == seq)
      throw Violation{"invariant 13: the dead letter " + brief(dropped.id) + " was dropped, and is there again"};
  }
  safe_ = state.output.safe;
}

void RetentionAudit::note_dropped(const broker::BrokerState& state, const broker::Task& task) {
  dropped_.try_emplace(task.seq, Dropped{task.id, state.output.commit});
}

void RetentionAudit::round(const broker::BrokerState& state) {
  safe_ = state.output.safe;
  constexpr std::uint64_t kLookEvery = 4;
  if (++rounds_ % kLookEvery != 0) return;
  const broker::CoreOptions& core = state.options;
  std::unordered_map<TaskId, Instant> fetched;
  std::size_t dead = 0;
  std::size_t under_way = 0;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    if (!broker::is_terminal(task->state)) continue;
    if (task->durable && broker::is_dropped(*task)) note_dropped(state, *task);
    if (has_its_own_time(*task)) continue;
    const bool failed = task->state == State::failed;
    if (task->finished->deliveries > 0) {
      if (task->finished->delivered && !failed) ++under_way;
    } else if (failed) {
      if (task->finished->delivered || task->finished->released) ++dead;
    } else if (task->finished->delivered) {
      const auto before = fetched_.find(task->id);
      fetched.emplace(task->id, before == fetched_.end() ? looked_ : before->second);
    }
  }
  no_more_than(core.kept_results, fetched.size(), "results that were fetched");
  no_more_than(core.dead_letters, dead, "dead letters");
  looked_ = world_.now();
  for (const auto& [id, since] : std::exchange(fetched_, std::move(fetched))) {
    if (state.tasks.find(id) != nullptr || state.tasks.find_paged_out(id)) continue;
    if (fetched_.size() + under_way < core.kept_results && world_.now() < since + core.result_ttl)
      throw Violation{"invariant 1: the result of " + brief(id) + " was forgotten, although there is room for " +
                      std::to_string(core.kept_results) + " and only " + std::to_string(fetched_.size()) + " are kept"};
  }
}

}  // namespace forkmill::sim
