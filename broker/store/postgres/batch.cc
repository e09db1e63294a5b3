#include "broker/store/postgres/batch.h"

#include <algorithm>
#include <utility>

namespace forkmill::broker {

namespace {

void replace_all(std::string& text, std::string_view word, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += by.size())
    text.replace(at, word.size(), by);
}

// A statement about the tables of a span, prepared under a name of its own.
ServerStatement of_span(const std::string& name, const SpanName& span, std::string sql) {
  return {name + "_" + std::to_string(span.span), for_span(std::move(sql), span)};
}

// Arrays are taken apart in the list of columns, where the server does not store them in between. ON CONFLICT costs a
// second record in the log for each row: outcomes do without, as no other session writes them. The outcome of a task
// that was forgotten stays, without harm: nothing reads it, and it goes with its table.
constexpr const char* kPutNew = "INSERT INTO TASK (seq, data) SELECT unnest($1::bigint[]), unnest($2::bytea[])";
constexpr const char* kPut =
    "INSERT INTO TASK (seq, data) SELECT unnest($1::bigint[]), unnest($2::bytea[]) ON CONFLICT DO NOTHING";
constexpr const char* kFinish =
    "INSERT INTO OUTCOME (seq, data) SELECT new.seq, new.data"
    " FROM (SELECT unnest($1::bigint[]) AS seq, unnest($2::bytea[]) AS data) AS new"
    " WHERE NOT EXISTS (SELECT 1 FROM OUTCOME o WHERE o.seq = new.seq)";
// The numbers to delete are given as runs: one search in the index for each.
constexpr const char* kForget =
    "DELETE FROM WHICH t USING unnest($1::bigint[], $2::bigint[]) AS run (first, last)"
    " WHERE t.seq BETWEEN run.first AND run.last";
constexpr const char* kReschedule =
    "INSERT INTO PROGRESSION (seq, attempts, due, dispatched)"
    " SELECT seq, attempts, due, false FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS new (seq, attempts, "
    "due)"
    " WHERE EXISTS (SELECT 1 FROM TASK t WHERE t.seq = new.seq)"
    " ON CONFLICT (seq) DO UPDATE SET attempts = excluded.attempts, due = excluded.due, dispatched = false";
constexpr const char* kDispatch =
    "INSERT INTO PROGRESSION (seq, attempts, due, dispatched)"
    " SELECT seq, attempts, 0, true FROM unnest($1::bigint[], $2::bigint[]) AS new (seq, attempts)"
    " WHERE EXISTS (SELECT 1 FROM TASK t WHERE t.seq = new.seq)"
    " ON CONFLICT (seq) DO UPDATE SET attempts = excluded.attempts, dispatched = true";
constexpr const char* kRequeue =
    "INSERT INTO PROGRESSION (seq, attempts, due, dispatched, requeued)"
    " SELECT seq, 0, 0, false, data FROM unnest($1::bigint[], $2::bytea[]) AS new (seq, data)"
    " WHERE EXISTS (SELECT 1 FROM TASK t WHERE t.seq = new.seq)"
    " ON CONFLICT (seq) DO UPDATE SET requeued = excluded.requeued";
constexpr const char* kPutRecords =
    "INSERT INTO RECORD (seq, data) SELECT * FROM unnest($1::bigint[], $2::bytea[])"
    " ON CONFLICT (seq) DO UPDATE SET data = excluded.data";
constexpr const char* kEraseRecords = "DELETE FROM RECORD WHERE seq = ANY ($1::bigint[])";

// A statement about the records of a shard.
ServerStatement of_records(const std::string& name, std::uint64_t shard, std::string sql) {
  replace_all(sql, "RECORD", "forkmill.record_" + std::to_string(shard));
  return {name, std::move(sql)};
}

}  // namespace

std::string for_span(std::string sql, const SpanName& name) {
  const std::string suffix = "_" + std::to_string(name.shard) + "_" + std::to_string(name.span);
  replace_all(sql, "TASK", "forkmill.task" + suffix);
  replace_all(sql, "OUTCOME", "forkmill.outcome" + suffix);
  replace_all(sql, "PROGRESSION", "forkmill.progression" + suffix);
  return sql;
}

// ---- The tasks of a span --------------------------------------------------------------------------------------------

void SpanChanges::put(proto::TaskSeq seq, std::string_view row, bool is_new) {
  puts_.add(seq.value());
  put_rows_.add(row);
  all_new_ = all_new_ && is_new;
}

void SpanChanges::reschedule(const Reschedule& op) { progress_[op.seq] = {op, std::nullopt}; }
void SpanChanges::dispatch(const Dispatch& op) { progress_[op.seq].dispatched = op; }

void SpanChanges::requeue(proto::TaskSeq seq, std::string_view row) { requeued_[seq] = row; }

void SpanChanges::finish(proto::TaskSeq seq, std::string_view row) {
  if (!finished_.insert(seq.value()).second) return;
  outcomes_.add(seq.value());
  outcome_rows_.add(row);
}

void SpanChanges::send(ServerSession& server, const SpanName& span, bool has_progressions) const {
  if (!puts_.empty()) send_puts(server, span);
  if (!progress_.empty()) send_progress(server, span);
  if (!requeued_.empty()) send_requeued(server, span);
  if (!outcomes_.empty()) send_outcomes(server, span);
  if (!forgotten_.empty()) send_forgotten(server, span, has_progressions);
}

void SpanChanges::send_puts(ServerSession& server, const SpanName& span) const {
  server.send(all_new_ ? of_span("put_new", span, kPutNew) : of_span("put", span, kPut),
              Parameters{}.array(puts_).array(put_rows_));
}

void SpanChanges::send_progress(ServerSession& server, const SpanName& span) const {
  using Of = ArrayParameter::Of;
  ArrayParameter rescheduled{Of::bigint};
  ArrayParameter made{Of::bigint};
  ArrayParameter due{Of::bigint};
  ArrayParameter dispatched{Of::bigint};
  ArrayParameter before{Of::bigint};
  for (const auto& [seq, progress] : progress_) {
    if (const auto& op = progress.rescheduled) {
      rescheduled.add(seq.value());
      made.add(std::uint64_t{op->attempts.value()});
      due.add(static_cast<std::uint64_t>(op->due.count()));
    }
    if (const auto& op = progress.dispatched) {
      dispatched.add(seq.value());
      before.add(std::uint64_t{op->attempt.value() - 1});
    }
  }
  if (!rescheduled.empty())
    server.send(of_span("reschedule", span, kReschedule), Parameters{}.array(rescheduled).array(made).array(due));
  if (!dispatched.empty())
    server.send(of_span("dispatch", span, kDispatch), Parameters{}.array(dispatched).array(before));
}

void SpanChanges::send_requeued(ServerSession& server, const SpanName& span) const {
  ArrayParameter seqs{ArrayParameter::Of::bigint};
  ArrayParameter rows{ArrayParameter::Of::bytea};
  for (const auto& [seq, row] : requeued_) {
    seqs.add(seq.value());
    rows.add(row);
  }
  server.send(of_span("requeue", span, kRequeue), Parameters{}.array(seqs).array(rows));
}

void SpanChanges::send_outcomes(ServerSession& server, const SpanName& span) const {
  server.send(of_span("finish", span, kFinish), Parameters{}.array(outcomes_).array(outcome_rows_));
}

void SpanChanges::send_forgotten(ServerSession& server, const SpanName& span, bool has_progressions) const {
  std::vector<std::uint64_t> numbers = forgotten_;
  std::sort(numbers.begin(), numbers.end());
  ArrayParameter firsts{ArrayParameter::Of::bigint};
  ArrayParameter lasts{ArrayParameter::Of::bigint};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i == 0 || numbers[i] > numbers[i - 1] + 1) firsts.add(numbers[i]);
    if (i + 1 == numbers.size() || numbers[i + 1] > numbers[i] + 1) lasts.add(numbers[i]);
  }
  for (const auto& [name, table] :
       {std::pair{"forget", "TASK"}, {"forget_outcome", "OUTCOME"}, {"forget_progression", "PROGRESSION"}}) {
    if (std::string_view{table} == "PROGRESSION" && !has_progressions) continue;
    std::string sql = kForget;
    replace_all(sql, "WHICH", table);
    server.send(of_span(name, span, std::move(sql)), Parameters{}.array(firsts).array(lasts));
  }
}

// ---- The batch ------------------------------------------------------------------------------------------------------

void Batch::add(const PutTask& op) {
  const std::string_view row = coder_.encode(op);
  changes(op.seq).put(op.seq, row, op.seq > last_seq_);
  last_seq_ = std::max(last_seq_, op.seq);
  bytes_ += row.size();
}

void Batch::add(const Requeue& op) {
  const std::string_view row = coder_.encode(op.seq, ProgressionRow{{}, op});
  changes(op.seq).requeue(op.seq, row);
  bytes_ += row.size();
}

void Batch::add(const Finish& op) {
  const std::string_view row = coder_.encode(op);
  changes(op.seq).finish(op.seq, row);
  bytes_ += row.size();
}

void Batch::add(const PutRecord& op) {
  const std::string_view row = coder_.encode(op);
  parts_.back().records[op.seq] = std::string{row};
  last_seq_ = std::max(last_seq_, op.seq);
  bytes_ += row.size();
}

void Batch::send(ServerSession& server, Spans& spans) {
  for (; sent_ < parts_.size(); ++sent_) send_part(parts_[sent_], server, spans);
  parts_.emplace_back();
  bytes_ = 0;
}

void Batch::send_part(const Part& part, ServerSession& server, Spans& spans) {
  for (const auto& [span, changes] : part.spans) {
    if (changes.has_puts() && !spans.has(span)) {
      server.send_sql("SELECT forkmill.create_span($1::bigint::integer, $2::bigint)",
                      Parameters{}.number(shard_).number(span));
      spans.add(span, false);
      created_.push_back(span);
    }
    if (!spans.has(span)) continue;
    if (changes.has_progress()) spans.note_progressions(span);
    changes.send(server, {shard_, span}, spans.has_progressions(span));
  }
  send_records(part, server);
}

void Batch::send_records(const Part& part, ServerSession& server) const {
  ArrayParameter put{ArrayParameter::Of::bigint};
  ArrayParameter rows{ArrayParameter::Of::bytea};
  ArrayParameter erased{ArrayParameter::Of::bigint};
  for (const auto& [seq, row] : part.records) {
    (row ? put : erased).add(seq.value());
    if (row) rows.add(*row);
  }
  if (!put.empty()) server.send(of_records("put_records", shard_, kPutRecords), Parameters{}.array(put).array(rows));
  if (!erased.empty()) server.send(of_records("erase_records", shard_, kEraseRecords), Parameters{}.array(erased));
}

void Batch::rewind(Spans& spans) {
  for (const std::uint64_t span : created_) spans.remove(span);
  created_.clear();
  sent_ = 0;
}

void Batch::clear(Spans& spans) {
  for (const Part& part : parts_) {
    for (const auto& [span, changes] : part.spans) {
      if (changes.has_puts()) spans.add(span, true);  // rewind() has removed it if the answer to the commit was lost
      if (spans.has(span)) spans.change(span, changes.growth());
    }
  }
  parts_.assign(1, {});
  created_.clear();
  sent_ = 0;
  bytes_ = 0;
}

}  // namespace forkmill::broker
