#include "broker/core/operators/log_query.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "broker/core/tasks/process_queue.h"
#include "broker/core/tasks/states.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kPage = 256 * 1024;  // bytes of texts of one answer, about

std::string_view source_name(proto::LogSource source) {
  switch (source) {
    case proto::LogSource::output:
      return "stdout";
    case proto::LogSource::errors:
      return "stderr";
    case proto::LogSource::lines:
      break;
  }
  return "log";
}

// Whether nothing more comes. A worker that went away says nothing more. LOGS may be lost with a connection, and the
// last note of an attempt with them: then its log counts as over when nothing has come for a while.
bool is_complete(const BrokerState& state, const Task& task, const TaskLogs::Log* log, proto::Attempt attempt) {
  const bool runs = task.state == State::running && task.attempts == attempt;
  if (log == nullptr) return !runs && (is_terminal(task.state) || attempt < task.attempts);
  if (log->log.is_over() || runs) return log->log.is_over();
  const bool is_silent = state.clock.stamp() - log->heard_at > state.options.session_timeout;
  return is_silent || !state.workers.contains(WorkerHandle{log->worker});
}

std::vector<PackedMap> attempts_of(const BrokerState& state, const Task& task) {
  std::vector<PackedMap> rows;
  const auto* logs = state.tasks.logs.of(task.seq);
  if (logs == nullptr) return rows;
  for (const TaskLogs::Log& one : *logs)
    rows.push_back(PackedMap{}
                       .add("attempt", one.log.grant().attempt.value())
                       .add("bytes", one.log.end())
                       .add("missing", one.log.missing()));
  return rows;
}

// Adds the texts behind `from`, and moves it to where the next page begins.
std::vector<PackedMap> texts_of(const AttemptLog& log, std::uint64_t& from) {
  std::vector<PackedMap> rows;
  std::size_t bytes = 0;
  for (const LogText& text : log.texts()) {
    if (text.end() <= from) continue;
    if (bytes >= kPage) return rows;
    const std::uint64_t begin = std::max(from, text.position);
    rows.push_back(
        PackedMap{}
            .add("position", begin)
            .add("source", source_name(text.source))
            .add("level", static_cast<int>(text.level))
            .add("at_ms", text.at.count())
            .add("text", std::string_view{text.text}.substr(static_cast<std::size_t>(begin - text.position))));
    bytes += text.size();
    from = text.end();
  }
  from = std::max(from, log.end());
  return rows;
}

}  // namespace

PackedMap show_log(const BrokerState& state, const Client& client, const Task& task, const proto::Query& query) {
  const proto::Attempt attempt = query.attempt == 0 ? task.attempts : proto::Attempt{query.attempt};
  const TaskLogs::Log* log = state.tasks.logs.find(task.seq, attempt);
  std::uint64_t next = query.from;
  std::vector<PackedMap> texts;
  if (log != nullptr) texts = texts_of(log->log, next);
  return PackedMap{}
      .add("id", id_for(client, task).to_string())
      .add("name", task.spec->name)
      .add("state", state_name(task.state))
      .add("attempt", attempt.value())
      .add("last_attempt", task.attempts.value())
      .add("attempts", attempts_of(state, task))
      .add("from", query.from)
      .add("next", next)
      .add("bytes", log == nullptr ? std::uint64_t{0} : log->log.end())
      .add("missing", log == nullptr ? std::uint64_t{0} : log->log.missing())
      .add("complete", is_complete(state, task, log, attempt))
      .add("task_ended", is_terminal(task.state))
      .add("log_bytes", state.queues.limits_of(base_queue(task.spec->queue)).log_bytes)
      .add("texts", texts);
}

}  // namespace forkmill::broker
