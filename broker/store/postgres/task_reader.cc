#include "broker/store/postgres/task_reader.h"

#include <string>
#include <utility>

#include "broker/store/postgres/spans.h"

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kLoadPage = 16 * 1024;  // tasks
constexpr std::uint64_t kScanPage = 64;

// Reads tasks whose numbers meet the condition `bound`, such as "seq > $1::bigint". Each table is given it: the server
// does not conclude from the numbers of the tasks those of the rows that it joins to them, and would read the outcomes
// from the first one on for each page.
std::string select_where(const std::string& bound) {
  return "SELECT t.seq, t.data, o.data, p.attempts, p.due, p.dispatched, p.requeued FROM TASK t"
         " LEFT JOIN OUTCOME o ON o.seq = t.seq AND o." +
         bound + " LEFT JOIN PROGRESSION p ON p.seq = t.seq AND p." + bound + " WHERE t." + bound;
}

enum Column { kSeq, kRow, kOutcome, kAttempts, kDue, kDispatched, kRequeued };

proto::TaskSeq seq_of(const Rows& row) { return proto::TaskSeq{row.number(0, kSeq)}; }

Progression progression_of(const Rows& row) {
  if (row.is_null(0, kAttempts)) return {};
  return {proto::Attempt{static_cast<std::uint32_t>(row.number(0, kAttempts))},
          milliseconds{static_cast<std::int64_t>(row.number(0, kDue))}, row.number(0, kDispatched) != 0};
}

ServerStatement select_of_span(const std::string& name, const SpanName& span, const std::string& bound,
                               const std::string& order = "") {
  return {name + "_" + std::to_string(span.span), for_span(select_where(bound) + order, span)};
}

}  // namespace

template <class Record>
void TaskReader::decode(RowKind kind, proto::TaskSeq seq, std::string_view row, Record& record) {
  const auto damage = coder_.decode(seq, row, record);
  if (damage.empty()) return;
  throw StoreError{std::string{"the "} + table_name(kind) + " with number " + std::to_string(seq.value()) +
                   " is damaged in the database (" + std::string{damage} + "): restore a backup of it, or delete " +
                   "the rows of this number from the tables of schema forkmill, with which the task is lost"};
}

void TaskReader::requeue(const Rows& row, SharedSpec& spec) {
  if (row.is_null(0, kRequeued)) return;
  ProgressionRow progression;
  decode(RowKind::progression, seq_of(row), row.bytes(0, kRequeued), progression);
  if (progression.requeued) set_queue(spec, *progression.requeued);
}

TaskSummary TaskReader::summary(const Rows& row) {
  TaskSummary task;
  const proto::TaskSeq seq = seq_of(row);
  decode(RowKind::task, seq, row.bytes(0, kRow), task);
  task.progression = progression_of(row);
  requeue(row, task.spec);
  if (row.is_null(0, kOutcome)) return task;
  TaskSummary::End end;
  decode(RowKind::outcome, seq, row.bytes(0, kOutcome), end);
  task.end = end;
  return task;
}

StoredTask TaskReader::task(const Rows& row) {
  StoredTask task;
  const proto::TaskSeq seq = seq_of(row);
  decode(RowKind::task, seq, row.bytes(0, kRow), task.put);
  task.progression = progression_of(row);
  requeue(row, task.put.spec);
  if (!row.is_null(0, kOutcome)) decode(RowKind::outcome, seq, row.bytes(0, kOutcome), task.finish.emplace());
  return task;
}

bool TaskReader::load(ServerSession& server, std::uint64_t span, proto::TaskSeq after,
                      const std::function<void(const TaskSummary&)>& visit) {
  std::uint64_t count = 0;
  server.stream(select_of_span("load", {shard_, span}, "seq > $1::bigint", " ORDER BY t.seq LIMIT $2::bigint"),
                Parameters{}.number(after.value()).number(kLoadPage), [&](const Rows& row) {
                  ++count;
                  visit(summary(row));
                });
  return count == kLoadPage;
}

bool TaskReader::scan(ServerSession& server, std::uint64_t span, proto::TaskSeq before,
                      const std::function<void(StoredTask)>& visit) {
  std::uint64_t count = 0;
  server.stream(select_of_span("scan", {shard_, span}, "seq < $1::bigint", " ORDER BY t.seq DESC LIMIT $2::bigint"),
                Parameters{}.number(before.value()).number(kScanPage), [&](const Rows& row) {
                  ++count;
                  visit(task(row));
                });
  return count == kScanPage;
}

std::vector<StoredTask> TaskReader::fetch(ServerSession& server, std::uint64_t span,
                                          const std::vector<proto::TaskSeq>& seqs) {
  ArrayParameter numbers{ArrayParameter::Of::bigint};
  for (const proto::TaskSeq seq : seqs) numbers.add(seq.value());
  std::vector<StoredTask> tasks;
  server.stream(select_of_span("fetch", {shard_, span}, "seq = ANY ($1::bigint[])"), Parameters{}.array(numbers),
                [&](const Rows& row) { tasks.push_back(task(row)); });
  return tasks;
}

bool TaskReader::load_records(ServerSession& server, proto::TaskSeq after,
                              const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  std::uint64_t count = 0;
  server.stream({"load_records", "SELECT seq, data FROM forkmill.record_" + std::to_string(shard_) +
                                     " WHERE seq > $1::bigint ORDER BY seq LIMIT $2::bigint"},
                Parameters{}.number(after.value()).number(kLoadPage), [&](const Rows& row) {
                  ++count;
                  std::string_view record;
                  decode(RowKind::record, seq_of(row), row.bytes(0, kRow), record);
                  visit(seq_of(row), record);
                });
  return count == kLoadPage;
}

}  // namespace forkmill::broker
