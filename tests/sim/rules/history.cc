#include "tests/sim/rules/history.h"

#include "proto/wire/codec.h"

namespace forkmill::sim {

History::History(World& world, Sight sight)
    : records_{world, sight == Sight::everything},
      processes_{world},
      requests_{records_, processes_,
                sight == Sight::everything ? &views_.emplace(world.options, *records_.model()) : nullptr} {}

void History::broker_started() {
  records_.broker_started();
  processes_.broker_started();
  executions_.broker_started();
}

void History::reported(const proto::TaskResult& result) {
  if (result.outcome.kind == proto::OutcomeKind::rejected) return;
  TaskRecord& record = records_.at(result.id);
  Model* model = records_.model();
  if (model != nullptr) model->reported(result.id, result.outcome.kind);
  if (record.task.spec->options.process) processes_.reported(result, record.worker_lost);
  const std::string bytes = proto::encode_outcome(result.outcome);
  const auto [at, first] =
      record.outcomes.try_emplace(records_.survives_restart(record) ? 0 : records_.broker(), bytes);
  if (first || at->second == bytes) return;
  if (!records_.is_mortal(result.id) && !(model != nullptr && model->may_be_forgotten(result.id)))
    violated("3", result.id, "its result has changed");
  at->second = bytes;
}

}  // namespace forkmill::sim
