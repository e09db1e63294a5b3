// What is done to a data directory while no broker runs on it: looking whether all is sound, and the ways out when it
// is not. Each function holds the directory while it works, and fails when a broker does, or when there is no database.
// Failures have a text for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/store/sqlite/file_system.h"
#include "proto/ids.h"
#include "proto/result.h"

namespace forkmill::broker {

struct CheckReport {
  std::vector<std::string> findings;  // each names the file, the table and the row; empty: all is sound
  proto::CommitSeq commit;            // the last one
  std::uint64_t tasks = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t records = 0;
  std::uint64_t quarantined = 0;  // rows set aside earlier
};
// Reads everything: the structure of the database, every row, and whether each commit is there.
proto::Result<CheckReport> check(const std::string& directory, FileSystem& files = system_files());

struct QuarantineReport {
  std::uint64_t tasks = 0;    // set aside
  std::uint64_t records = 0;  // likewise
  std::uint64_t rows = 0;     // of theirs, now in table quarantine
  std::uint64_t missing = 0;  // rows that had been written and are not there at all
  // Tables, in words, with sound rows that nobody wrote: an older state of a part of the file. They stay.
  std::vector<std::string> strange;
};
// Sets aside every task of which a row is damaged, with all of its rows, so that it neither runs nor is taken for
// finished, and every damaged record. What the structure of the file has lost cannot be helped: that takes a backup.
proto::Result<QuarantineReport> quarantine(const std::string& directory, FileSystem& files = system_files());

struct LossReport {
  std::string reason;  // why the broker refused
  proto::CommitSeq commit;
};
// Goes on with a database that lacks commits. From then on it is another store, `new_id` (unpredictable), so clients
// find out; the loss stays on record in table loss. Fails when nothing is missing.
proto::Result<LossReport> accept_loss(const std::string& directory, const std::string& new_id,
                                      FileSystem& files = system_files());

struct RestoreReport {
  proto::CommitSeq commit;
  std::uint64_t tasks = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t records = 0;
};
// Makes `directory` a data directory from the backup `file`, after everything in it was verified. Its history is
// another one from now on, hence `new_id`. Refuses a directory that has a database.
proto::Result<RestoreReport> restore(const std::string& file, const std::string& directory, const std::string& new_id,
                                     FileSystem& files = system_files());

}  // namespace forkmill::broker
