// ChangeCommands: the commands ChangeTasks. A change may be about millions of tasks, so a round does a small piece of
// one, and the next piece waits until the store has this one. How far a change has come is stored with each piece:
// after a restart the broker goes on from there. Changes take turns.
//
// A change that is done is remembered for a while, so that a command that is repeated gets the same answer, and for
// operators to look at.
#pragma once

#include <list>
#include <optional>
#include <string_view>

#include "broker/core/lifecycle/paging.h"
#include "broker/core/operators/bulk/bulk_change.h"
#include "broker/core/operators/bulk/bulk_selection.h"
#include "broker/core/operators/bulk/finished_changes.h"
#include "broker/core/operators/bulk/task_changer.h"
#include "broker/core/operators/bulk/task_changes.h"

namespace forkmill::broker {

class ChangeCommands final : public TaskChanges {
 public:
  ChangeCommands(BrokerState& state, Submissions& submissions, Retention& retention, Cancels& cancels, Paging& paging)
      : state_{state}, paging_{paging}, changer_{state, submissions, retention, cancels} {}

  std::optional<ReplyBody> begin(const Client& client, const proto::ChangeTasks& order) override;
  ReplyBody list(const Client& client, std::string_view id) const override;

  // Does the next piece. Call once in each round.
  void step();
  Instant next_wakeup() const;
  // Whether the answer to this ticket belongs here.
  bool awaits(std::uint64_t ticket) const { return ticket_ == ticket; }
  void handle(StoreAnswer answer);

  // Whether the record of a store is one of a change.
  static bool is_record(std::string_view record);
  // Reads such a record. Throws std::runtime_error, which names the record, if it makes no sense.
  void recover(proto::TaskSeq seq, std::string_view record);

  bool is_idle() const { return running_.empty(); }

 private:
  struct Running {
    BulkChange change;
    BulkSelection selection;
  };

  const BulkChange* find(const TaskId& id) const;
  bool is_ready() const;
  void select(Running& running);
  void change_some(Running& running);
  void change_visited(Running& running, Paging::Visit visit);
  void end_piece(Running& running);
  void finish();

  BrokerState& state_;
  Paging& paging_;
  TaskChanger changer_;
  std::list<Running> running_;  // the one whose turn it is comes first
  FinishedChanges done_;
  std::optional<std::uint64_t> ticket_;  // the request whose answer the first one waits for
  proto::CommitSeq safe_after_;          // the next piece waits for this commit
};

}  // namespace forkmill::broker
