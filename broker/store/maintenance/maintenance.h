// Maintenance of a data directory while no broker runs on it: check for damage, and repair. Each function locks the
// directory while it works. It fails if a broker has it locked, or if there is no database. The text of a failure is
// for operators.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/store/sqlite/file_system.h"
#include "proto/ids.h"
#include "proto/result.h"

namespace forkmill::broker {

struct CheckReport {
  std::vector<std::string> findings;  // each names the file, the table and the row; empty: no damage
  proto::CommitSeq commit;            // the last commit
  std::uint64_t tasks = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t records = 0;
  std::uint64_t quarantined = 0;  // rows that quarantine() set aside earlier
};
// Checks the structure of the database, every row, and that no commit is missing.
proto::Result<CheckReport> check(const std::string& directory, FileSystem& files = system_files());

struct QuarantineReport {
  std::uint64_t tasks = 0;    // set aside
  std::uint64_t records = 0;  // set aside
  std::uint64_t rows = 0;     // rows of these tasks and records, now in table quarantine
  std::uint64_t missing = 0;  // rows that were written and have disappeared
  // Descriptions of tables with intact rows that should not exist, or that may have some since others are missing: an
  // older state of a part of the file. The rows stay.
  std::vector<std::string> strange;
};
// Sets aside every task that has a damaged row, with all of its rows, and every damaged record. Such a task does not
// run and does not count as finished. Damage to the structure of the file cannot be repaired: restore a backup.
proto::Result<QuarantineReport> quarantine(const std::string& directory, FileSystem& files = system_files());

struct LossReport {
  std::string reason;  // why the broker refused
  proto::CommitSeq commit;
};
// Makes a database with missing commits usable. It becomes another store with the id `new_id` (unpredictable), so that
// clients notice. The loss is recorded in table loss. Fails if no commit is missing.
proto::Result<LossReport> accept_loss(const std::string& directory, const std::string& new_id,
                                      FileSystem& files = system_files());

struct RestoreReport {
  proto::CommitSeq commit;
  std::uint64_t tasks = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t records = 0;
};
// Called with the key book of a backup (sqlite/key_book_table.h), if it has one, when all but the database is in the
// directory. A restore that ends between the two can be repeated, and calls it again. Throws StoreError, and nothing is
// restored.
using TakeKeyBook = std::function<void(const std::string& text)>;
// Verifies the backup `file` and creates a data directory from it at `directory`, as another store with the id
// `new_id`, since its history diverges from the original's. Fails if `directory` already has a database.
proto::Result<RestoreReport> restore(const std::string& file, const std::string& directory, const std::string& new_id,
                                     FileSystem& files = system_files(), const TakeKeyBook& take_key_book = {});

}  // namespace forkmill::broker
