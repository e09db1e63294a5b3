// Replay: reads the journal that an earlier broker left beside its database, and brings the database up to its last
// commit. Functions throw StoreError.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "broker/store/journal/changes.h"
#include "broker/store/journal/segment_reader.h"
#include "broker/store/sqlite/data_dir.h"
#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/tables.h"

namespace forkmill::broker {

class Replay {
 public:
  // Reads the segments that the database lacks according to `meta`. Changes nothing.
  Replay(DataDir& directory, const Meta& meta);

  // Returns why the journal cannot be read to its end, and the ways out; empty if it can. The commits before that are
  // there.
  const std::string& damage() const { return damage_; }
  // The last commit that is there, and the highest number as of it.
  proto::CommitSeq last() const { return last_; }
  // Writes the changes down and brings `meta` up to them. REQUIRES: a transaction is open, `meta` is that of `tables`.
  void write_down(Tables& tables, Meta& meta);

 private:
  void read_segment(DataDir& directory, const Meta& meta, std::uint64_t segment);
  void add(const Frame& frame, std::uint64_t at);

  std::string path_;
  std::string damage_;
  proto::CommitSeq last_;
  proto::TaskSeq last_seq_;
  std::array<std::unique_ptr<SegmentReader>, 2> segments_;
  Changes changes_;
};

}  // namespace forkmill::broker
