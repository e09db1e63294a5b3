// SegmentCycle: the journal of an open store, one segment after the other. When a segment is full, its changes are
// moved into the database, a few with each commit, while the next one fills.
//
//   database   complete as of the end of an earlier segment of the journal
//   moving()   the changes of the previous segment that are still to be moved
//   newer()    the changes of the current segment
//
// The file of a segment is written again only after all of it has moved. The work that follows commits is done in small
// steps: moves, the end of a move, and a checkpoint of the database have steps of their own.
//
// One thread owns it. Functions throw StoreError.
#pragma once

#include <cstddef>
#include <cstdint>

#include "broker/store/journal/changes.h"
#include "broker/store/journal/journal.h"
#include "broker/store/journal/segment_move.h"
#include "broker/store/sqlite/task_database.h"

namespace forkmill::broker {

class SegmentCycle {
 public:
  // Opens the files of the journal, and locks them. A segment has at most `segment_bytes`, and less if the disk has
  // little room. `database` outlives this.
  SegmentCycle(TaskDatabase& database, std::uint64_t segment_bytes);
  // Begins the first segment, once the database has everything and has started.
  void begin();

  // Adds a record to the next commit.
  void add(const JournalRecord& record);
  // Writes the added records as commit `number`: they are on disk when this returns. Takes one step of the work that
  // follows commits.
  void commit(proto::CommitSeq number);
  bool pending() const { return journal_.pending(); }  // whether records were added since the last commit
  proto::CommitSeq last() const { return last_; }      // the last commit
  proto::TaskSeq last_seq() const { return last_seq_; }

  Journal& journal() { return journal_; }
  const Changes& newer() const { return newer_; }
  const Changes& moving() const { return move_.rest(); }

  // Brings the database up to the last commit.
  void settle();
  // Does so in steps of about `changes`, at least 1. Returns true when the database is there.
  bool settle_by_step(std::size_t changes);
  // Extends the files of the journal towards their later length, unless the disk is nearly full. Returns true while
  // there is more to do.
  bool prepare();

 private:
  // Returns how full the current segment is, by its bytes, by its changes, which are in memory, or by what its move
  // will write; 1: full.
  double filled() const;
  void keep_up();
  // Returns the bytes of a new segment.
  std::uint64_t segment_bytes() const;
  void begin_segment();

  TaskDatabase& database_;
  const std::uint64_t segment_bytes_;
  Journal journal_;
  SegmentMove move_;
  Changes newer_;
  proto::CommitSeq last_;
  proto::TaskSeq last_seq_;
  // Commits whose head is not synced.
  struct Unsynced {
    std::uint64_t commits = 0;
    std::uint64_t bytes = 0;
    bool are_many() const;
  };
  Unsynced unsynced_;
};

}  // namespace forkmill::broker
