#include "tests/sim/disk/trial/subject.h"

#include <sqlite3.h>

#include <cstdio>

#include "broker/store/journal/journal_store.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

// A store that failed refuses everything with the same text, without an operation on its disk.
void check_it_stopped(Subject& s, const proto::Failure& failure) {
  const std::uint64_t operations = s.disk.operations.count();
  const broker::StoreOp op = s.author.write(s.model.now());
  const auto again = s.store->apply({&op, 1});
  const auto commit = s.store->commit(s.next_commit());
  if (again.ok() || again.failure().text != failure.text || commit.ok() || s.disk.operations.count() != operations)
    throw Violation{"the store goes on after a failure: " + failure.text};
}

}  // namespace

Subject::Subject(std::uint64_t seed, const DiskMutant* its_mutant, bool verbose)
    : random{seed * 0x9E3779B97F4A7C15ULL + 7},
      mutant{its_mutant},
      life{draw_life(random)},
      disk{random.next(), draw_manners(random)},
      author{random},
      verbose_{verbose} {
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed % 1'000'000'007) + 1, nullptr);
  disk.operations.set_verbose(verbose);
  disk.make_directory(kPlace);
  disk.make_directory(kCopies);
  disk.sync("/");
  disk.sync(kPlace);
  if (mutant != nullptr) disk.faults = mutant->faults;
#ifdef FORKMILL_MUTANTS
  broker::chosen_journal_mutant = mutant == nullptr ? broker::JournalMutant::none : mutant->journal;
#endif
}

void Subject::say(const std::string& text) const {
  if (verbose_) std::printf("  %s\n", text.c_str());
}

void Subject::begin_faults() {
  const bool careful = random.chance(0.3);
  disk.errors = careful ? DiskErrors{} : life.errors;
  if (random.chance(life.stops)) disk.operations.stop_after(random.below(random.chance(0.3) ? 60 : 600));
  const std::uint64_t room = random.chance(0.5) ? 400'000 : 4'000'000;
  disk.manners.capacity = life.cramped ? disk.used() + random.below(room) : 1ULL << 30;
  failed_before_ = disk.operations.failed();
}

void Subject::end_faults() {
  disk.errors = {};
  disk.operations.run_on();
  disk.manners.capacity = 1ULL << 30;
  failed_before_ = disk.operations.failed();
}

std::unique_ptr<broker::Store> Subject::make_store() {
  const std::string id = "store-" + std::to_string(next_name());
  const broker::SqliteOptions database{kDirectory, id, life.checkpoint_bytes, &disk};
  std::unique_ptr<broker::Store> made = std::make_unique<broker::JournalStore>(
      broker::JournalOptions{database, kJournalKey, life.segment_bytes, {}, life.step_changes});
  if (mutant != nullptr && mutant->wrap) made = mutant->wrap(std::move(made));
  return made;
}

void Subject::accept(const proto::Failure& failure) {
  say("the store fails: " + failure.text);
  ++counts.failures;
  const bool excused = damaged || disk.operations.stopped() || disk.operations.failed() > failed_before_;
  if (!excused) throw Violation{"the store failed without a reason: " + failure.text};
  if (failure.text.find(kPlace) == std::string::npos) throw Violation{"a failure does not say where: " + failure.text};
}

bool Subject::failed(const proto::Status& status) {
  if (status.ok()) return false;
  accept(status.failure());
  check_it_stopped(*this, status.failure());
  return true;
}

bool Subject::holds(const StoreState& expected) {
  proto::Status status;
  const std::string text = difference(expected, *store, status);
  if (!text.empty()) throw Violation{text};
  return !failed(status);
}

}  // namespace forkmill::sim
