// SegmentMove: moves the changes of a full segment of the journal into the database: a few at a time, and in one
// transaction, so that the database is always in the state of one commit. What is written is synced piece by piece, so
// that the end of the transaction does not take long. Functions throw StoreError.
#pragma once

#include "broker/store/journal/changes.h"
#include "broker/store/journal/journal.h"
#include "broker/store/sqlite/task_database.h"

namespace forkmill::broker {

class SegmentMove {
 public:
  // Both outlive the object.
  SegmentMove(TaskDatabase& database, Journal& journal) : database_{database}, journal_{journal} {}

  // Begins to move `changes`, all of the segment before the current one. `last` is its last commit, and `last_seq` the
  // highest number as of it. REQUIRES: no move is under way.
  void begin(Changes changes, proto::CommitSeq last, proto::TaskSeq last_seq);
  bool under_way() const { return under_way_; }
  // Returns the changes that the database does not have yet.
  const Changes& rest() const { return rest_; }

  // Moves as many changes as are missing to `share` of them all; 1: finishes the move.
  void advance(double share);
  void step(std::size_t most);
  // Moves the rest, and commits. Does nothing if no move is under way.
  void finish();

 private:
  TaskDatabase& database_;
  Journal& journal_;
  bool under_way_ = false;
  Changes rest_;
  std::size_t total_ = 0;       // changes of the segment
  std::uint64_t unsynced_ = 0;  // bytes written since the last sync
  proto::CommitSeq last_;
  proto::TaskSeq last_seq_;
};

}  // namespace forkmill::broker
