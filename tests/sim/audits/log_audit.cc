#include "tests/sim/audits/log_audit.h"

#include "tests/sim/audits/require.h"

namespace forkmill::sim {

void LogAudit::round(const broker::BrokerState& state) {
  // To look at every log after every round would take longer than all else.
  constexpr std::uint64_t kLookEvery = 16;
  if (++rounds_ % kLookEvery != 0 || state.tasks.logs.tasks() == 0) return;
  require(state.tasks.logs.bytes() <= state.options.log_memory, "20",
          [] { return "the logs take more than their budget"; });
  std::size_t found = 0;
  for (const broker::Task* task : state.tasks.resident_tasks()) {
    const auto* logs = state.tasks.logs.of(task->seq);
    if (logs == nullptr) continue;
    ++found;
    for (const broker::TaskLogs::Log& one : *logs) check(*task, one.log);
  }
  require(found + state.tasks.paged_out() >= state.tasks.logs.tasks(), "20",
          [] { return "the log of a forgotten task is kept"; });
}

void LogAudit::check(const broker::Task& task, const broker::AttemptLog& log) const {
  std::uint64_t kept = 0;
  std::uint64_t end = 0;
  for (const broker::LogText& text : log.texts()) {
    require(text.position >= end, "20", [] { return "the texts of a log are not in order"; });
    history_.logs().shown(task.id, log.grant(), text.position, text.text);
    end = text.end();
    kept += text.text.size();
  }
  require(log.missing() + kept == log.end() && end <= log.end(), "20",
          [] { return "a log does not say how much of it is missing"; });
  history_.logs().ends_at(task.id, log.grant(), log.end());
}

}  // namespace forkmill::sim
