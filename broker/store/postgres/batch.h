// Batch: the changes of one commit, in the form in which the server gets them. Keeps all of them until the commit is
// confirmed, so that they can be sent again in another transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "broker/store/postgres/parameters.h"
#include "broker/store/postgres/schema.h"
#include "broker/store/postgres/server_session.h"
#include "broker/store/postgres/spans.h"
#include "broker/store/records.h"
#include "broker/store/sqlite/row.h"

namespace forkmill::broker {

// SpanChanges: what happens to the tasks of one span.
class SpanChanges {
 public:
  // `is_new`: no task of this number can be in the store.
  void put(proto::TaskSeq seq, std::string_view row, bool is_new);
  void reschedule(const Reschedule& op);
  void dispatch(const Dispatch& op);
  void requeue(proto::TaskSeq seq, std::string_view row);
  void finish(proto::TaskSeq seq, std::string_view row);
  void forget(proto::TaskSeq seq) { forgotten_.push_back(seq.value()); }

  bool has_puts() const { return !puts_.empty(); }
  bool has_progress() const { return !progress_.empty() || !requeued_.empty(); }
  // Returns by how many the tasks become more.
  std::int64_t growth() const { return std::int64_t{puts_.size()} - static_cast<std::int64_t>(forgotten_.size()); }
  // `has_progressions`: whether the span may have progressions.
  void send(ServerSession& server, const SpanName& span, bool has_progressions) const;

 private:
  struct Progress {
    std::optional<Reschedule> rescheduled;
    std::optional<Dispatch> dispatched;  // after that
  };
  void send_puts(ServerSession& server, const SpanName& span) const;
  void send_progress(ServerSession& server, const SpanName& span) const;
  void send_requeued(ServerSession& server, const SpanName& span) const;
  void send_outcomes(ServerSession& server, const SpanName& span) const;
  void send_forgotten(ServerSession& server, const SpanName& span, bool has_progressions) const;

  ArrayParameter puts_{ArrayParameter::Of::bigint};
  ArrayParameter put_rows_{ArrayParameter::Of::bytea};
  bool all_new_ = true;
  std::map<proto::TaskSeq, Progress> progress_;
  std::map<proto::TaskSeq, std::string> requeued_;  // rows
  ArrayParameter outcomes_{ArrayParameter::Of::bigint};
  ArrayParameter outcome_rows_{ArrayParameter::Of::bytea};
  std::unordered_set<std::uint64_t> finished_;  // the numbers of outcomes_
  std::vector<std::uint64_t> forgotten_;
};

class Batch {
 public:
  Batch(RowCoder& coder, std::uint64_t shard) : coder_{coder}, shard_{shard} {}
  // Call once, at first. `last_seq`: the highest number that is or was in the store.
  void start(proto::TaskSeq last_seq) { last_seq_ = last_seq; }

  void add(const PutTask& op);
  void add(const Reschedule& op) { changes(op.seq).reschedule(op); }
  void add(const Dispatch& op) { changes(op.seq).dispatch(op); }
  void add(const Requeue& op);
  void add(const Finish& op);
  void add(const Forget& op) { changes(op.seq).forget(op.seq); }
  void add(const PutRecord& op);
  void add(const EraseRecord& op) { parts_.back().records[op.seq] = std::nullopt; }

  proto::TaskSeq last_seq() const { return last_seq_; }
  // Returns whether something was added that send() has not sent.
  bool has_more() const { return sent_ + 1 < parts_.size() || !parts_.back().empty(); }
  // Returns the bytes of the rows that were added since the last send().
  std::size_t bytes() const { return bytes_; }

  // Queues what was not sent since the last rewind(), and adds to `spans` those that get tables by that. Changes of
  // tasks in spans without tables change nothing.
  void send(ServerSession& server, Spans& spans);
  // Everything has to be sent again, in a new transaction.
  void rewind(Spans& spans);
  // Call when the commit is confirmed: nothing has to be kept.
  void clear(Spans& spans);

 private:
  struct Part {  // one send()
    std::map<std::uint64_t, SpanChanges> spans;
    std::map<proto::TaskSeq, std::optional<std::string>> records;  // rows; none: erased
    bool empty() const { return spans.empty() && records.empty(); }
  };
  SpanChanges& changes(proto::TaskSeq seq) { return parts_.back().spans[span_of(seq)]; }
  void send_part(const Part& part, ServerSession& server, Spans& spans);
  void send_records(const Part& part, ServerSession& server) const;

  RowCoder& coder_;
  const std::uint64_t shard_;
  proto::TaskSeq last_seq_;
  std::vector<Part> parts_ = std::vector<Part>(1);  // the last one grows
  std::size_t sent_ = 0;                            // parts
  std::vector<std::uint64_t> created_;              // spans, by the transaction that is open
  std::size_t bytes_ = 0;
};

}  // namespace forkmill::broker
