// PoolState: what the parts of the foreman share: the attempts in hand, what there is to say to the broker, and what
// the parts want done. Each part holds rules, and keeps no state that another part needs. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/rules/attempt_table.h"
#include "worker/rules/effects.h"
#include "worker/rules/logs/attempt_logs.h"
#include "worker/rules/progress_notes.h"
#include "worker/rules/scaling/pool_sizer.h"
#include "worker/rules/session/outbox.h"
#include "worker/rules/shortage.h"

namespace forkmill::worker {

struct ForemanConfig {
  struct Task {
    std::string name;
    std::uint64_t hash = 0;
  };
  std::vector<Task> tasks;  // a handler's index is its place here
  std::size_t slots = 1;    // places for children of the pool
  std::uint64_t max_tasks_per_child = 0;
  proto::Instant kill_grace = std::chrono::seconds{5};
  proto::SharedText name;  // stands in every outcome
  std::string host;
  std::size_t max_processes = 0;                  // children beyond `slots`, each for one attempt
  std::shared_ptr<const proto::TaskSeals> seals;  // opens arguments, and seals what is reported of them; null: no keys
  std::size_t children = 0;                       // children of the pool at the start; 0: as many as there are places
  std::optional<PoolSizer::Bounds> scaling;       // the pool follows its load; none: it keeps its size

  std::size_t children_at_start() const { return children == 0 ? slots : children; }
};

struct PoolState {
  PoolState(ForemanConfig its_config, Outbox& its_outbox) : config{std::move(its_config)}, outbox{its_outbox} {}

  // Tells the broker how the attempt ended, unless the broker has abandoned it. Seals what is said of a task whose
  // arguments were sealed.
  void report(const Attempt& attempt, proto::OutcomeRecord&& record);
  void report(const proto::Grant& grant, proto::OutcomeRecord&& record);
  // Call when the attempt is no longer in hand.
  void remove(std::uint64_t serial);
  // Hands the attempt back to the broker, unstarted.
  void hand_back(std::uint64_t serial);
  // The same, because this worker has nothing left to start it with. The worker takes no tasks for a while.
  void hand_back_for_want(proto::Instant now, std::uint64_t serial, std::string_view shortage);

  // Puts the attempt into the child's ring.
  void assign(ChildKey child, std::uint64_t serial, const Attempt& attempt);
  // Removes the attempt from the assignments that have not been carried out. Returns whether it was among them.
  bool cancel_assignment(std::uint64_t serial);
  // Call when the child has ended: nothing is asked of it any more.
  void forget(ChildKey child);
  // Asks for the steps of a StopEscalation.
  void carry_out(const StopEscalation::Steps& steps, ChildKey child, std::uint64_t serial);

  // For AttemptLogs: none, unless the attempt is in hand and still wanted.
  std::optional<AttemptLogs::Attempt> logged(std::uint64_t serial) const;

  const ForemanConfig config;
  Outbox& outbox;
  AttemptTable attempts;
  ProgressNotes progress;
  AttemptLogs logs{[this](std::uint64_t serial) { return logged(serial); }};
  Effects effects;
  Shortage shortage;
  bool draining = false;  // nothing further is started
  // Empty: the number of children does not follow the load, or no longer.
  std::optional<PoolSizer> sizer = config.scaling ? std::optional{PoolSizer{*config.scaling}} : std::nullopt;
};

// Time that an attempt has from its stop token to SIGTERM. A daemon has nothing to finish once its parent has ended.
inline proto::Instant grace_of(const PoolState& state, const Attempt& attempt) {
  return attempt.task.spec->options.process && attempt.task.spec->options.daemon ? proto::Instant{0}
                                                                                 : state.config.kill_grace;
}

}  // namespace forkmill::worker
