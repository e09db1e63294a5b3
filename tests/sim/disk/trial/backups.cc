#include "tests/sim/disk/trial/backups.h"

#include <utility>

#include "broker/store/journal/journal_store.h"
#include "broker/store/maintenance/maintenance.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

bool Backups::make() {
  Subject& s = subject_;
  const std::string path = kCopies + "/" + std::to_string(s.next_name());
  s.say("backup to " + path);
  if (!s.store->begin_backup(path).ok()) return true;
  for (;;) {
    if (s.random.chance(0.5) && !(steps_.apply() && steps_.commit())) return false;
    const auto done = s.store->continue_backup();
    if (!done.ok()) return true;
    if (!done.value()) {
      if (s.model.now().last_seq != s.model.at(s.last).last_seq && !steps_.commit()) return false;
      continue;
    }
    copies_.push_back({path, s.model.at(s.acknowledged)});
    return true;
  }
}

void Backups::check() {
  for (const Copy& copy : std::exchange(copies_, {})) check(copy);
}

void Backups::check(const Copy& copy) {
  Disk& disk = subject_.disk;
  const std::string directory = copy.path + ".restored";
  const auto report = broker::restore(copy.path, directory, "restored", disk);
  if (!report.ok()) throw Violation{"a backup cannot be restored: " + report.failure().text};
  broker::JournalStore store{broker::JournalOptions{{directory, "unused", 1 << 20, &disk}, kJournalKey}};
  if (const auto identity = store.open(); !identity.ok())
    throw Violation{"a restored backup does not open: " + identity.failure().text};
  proto::Status status;
  const std::string text = difference(copy.state, store, status);
  if (!status.ok()) throw Violation{"a restored backup cannot be read: " + status.failure().text};
  if (!text.empty()) throw Violation{"a restored backup differs: " + text};
  ++subject_.counts.backups;
}

}  // namespace forkmill::sim
