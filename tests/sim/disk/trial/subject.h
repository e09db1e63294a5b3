// Subject: the data directory that a trial tests: its disk, its store, and the model of what must be in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/store/store.h"
#include "tests/sim/disk/disk.h"
#include "tests/sim/disk/trial/author.h"
#include "tests/sim/disk/trial/counts.h"
#include "tests/sim/disk/trial/life.h"
#include "tests/sim/disk/trial/mutants.h"
#include "tests/sim/disk/trial/store_model.h"

namespace forkmill::sim {

inline const std::string kPlace = "/disk";  // failures name this place, or a file in it
inline const std::string kDirectory = kPlace + "/data";
inline const std::string kCopies = kPlace + "/copies";
inline const std::string kDatabase = kDirectory + "/forkmill.db";
inline const std::string kHead = kDirectory + "/head";
inline const std::string kLock = kDirectory + "/lock";
inline const std::string kJournal = kDatabase + "-wal";
inline const std::string kSegments = kDirectory + "/forkmill.journal.";

// Each opening has the same key: it is there against clients, and other things must tell old frames from new ones.
constexpr std::uint64_t kJournalKey = 7;

class Subject {
 public:
  // `mutant` may be null.
  Subject(std::uint64_t seed, const DiskMutant* mutant, bool verbose);

  // Faults that may come in the next life of the store; and their end.
  void begin_faults();
  void end_faults();

  std::unique_ptr<broker::Store> make_store();
  // Accepts a failure of the store. Throws Violation if the store had no reason to fail, or does not say where.
  void accept(const proto::Failure& failure);
  // Returns true if the store failed, had a reason, and does nothing more. Throws Violation if it had none.
  bool failed(const proto::Status& status);
  // Whether the store has what is `expected`; false: it failed, and had a reason. Throws Violation if it differs.
  bool holds(const StoreState& expected);

  // A number for the next commit. Numbers leap.
  proto::CommitSeq next_commit() { return proto::CommitSeq{last.value() + random.between(1, 3)}; }
  // A number for the next store or backup.
  std::uint64_t next_name() { return ++names_; }
  void say(const std::string& text) const;

  Random random;
  const DiskMutant* const mutant;
  const LifeOptions life;
  Disk disk;
  Author author;
  StoreModel model;
  std::unique_ptr<broker::Store> store;
  proto::CommitSeq acknowledged;  // the last commit that the store reported as done
  proto::CommitSeq last;          // the last commit that was tried
  bool damaged = false;           // the directory was changed at rest
  bool over = false;              // the store refuses the directory: the trial ends
  TrialCounts counts;

 private:
  bool verbose_;
  std::uint64_t names_ = 0;
  std::uint64_t failed_before_ = 0;  // failures of the disk before this life
};

}  // namespace forkmill::sim
