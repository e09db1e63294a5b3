#include "tests/sim/disk/trial/damage.h"

#include <algorithm>
#include <vector>

#include "broker/store/journal/frame.h"
#include "broker/store/maintenance/maintenance.h"
#include "broker/store/sqlite/row.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

std::uint64_t size_of(const Disk& disk, const std::string& path) {
  const DiskNode* node = disk.node(path);
  return node == nullptr ? 0 : node->bytes().size();
}

}  // namespace

// The bytes up to the last one that is not zero: a journal has its length in advance.
std::uint64_t Damage::written(const std::string& path) const {
  const std::string& bytes = subject_.disk.node(path)->bytes();
  const auto last = bytes.find_last_not_of('\0');
  return last == std::string::npos ? bytes.size() : last + 1;
}

void Damage::harm() {
  Subject& s = subject_;
  if (s.mutant != nullptr && s.mutant->sealed_damage) return change_row();
  std::vector<std::string> files;
  for (const std::string& path : s.disk.files())
    if (path.starts_with(kDirectory) && size_of(s.disk, path) > 0) files.push_back(path);
  if (files.empty()) return;
  std::vector<std::string> journals;
  for (const std::string& path : files)
    if (path == kJournal || path.starts_with(kSegments)) journals.push_back(path);
  const bool journal = s.random.chance(0.6) && !journals.empty();
  const std::string path = s.random.pick(journal ? journals : files);
  DiskNode& node = *s.disk.node(path);
  if (s.random.chance(0.3) && journal) {
    const std::uint64_t size = s.random.below(written(path));
    node.cut_short(size);
    s.disk.operations.note("cut short", path, size);
  } else {
    for (std::uint64_t count = s.random.between(1, 3); count > 0; --count) {
      // The lock file has the number of this process, whose length must not change the way of a seed.
      const std::uint64_t bytes = path == kLock ? 8 : written(path);
      const std::uint64_t bit = s.random.below(bytes * 8);
      node.flip(bit);
      s.disk.operations.note("flipped bit in", path, bit);
    }
  }
  s.damaged = true;
  ++s.counts.damaged;
}

// The commit that follows shows that one is missing, also when the head does not know of either, and when the one that
// follows is in the next segment.
void Damage::break_frame() {
  Subject& s = subject_;
  struct Found {
    std::string path;
    std::uint64_t at = 0;
    broker::FrameHeader header;
  };
  std::vector<Found> frames;
  for (const char* which : {"0", "1"}) {
    const std::string path = kSegments + which;
    if (size_of(s.disk, path) == 0) continue;
    const std::string_view bytes = s.disk.node(path)->bytes();
    std::uint64_t at = 0;
    for (auto frame = broker::read_frame(bytes, kJournalKey, opening_.epoch());
         frame && (at == 0 || frame->header.segment == frames.back().header.segment);
         frame = broker::read_frame(bytes.substr(at), kJournalKey, opening_.epoch())) {
      frames.push_back({path, at, frame->header});
      at += frame->bytes();
    }
  }
  std::sort(frames.begin(), frames.end(),
            [](const Found& a, const Found& b) { return a.header.commit < b.header.commit; });
  if (frames.size() < 2) return;
  frames.pop_back();
  // The last ones before a change of segments are few.
  const auto last = std::adjacent_find(frames.begin(), frames.end(), [](const Found& a, const Found& b) {
    return a.header.segment != b.header.segment;
  });
  const Found& broken = last != frames.end() && s.random.chance(0.5) ? *last : s.random.pick(frames);
  const std::uint64_t bit = broken.at * 8 + s.random.below((broker::kFrameHeader + broken.header.size) * 8);
  s.disk.node(broken.path)->flip(bit);
  s.disk.operations.note("flipped bit in", broken.path, bit);
  s.damaged = true;
  ++s.counts.damaged;
}

// Changes the payload of a row and the checksum with it: a store that does not look at checksums makes this of damage.
void Damage::change_row() {
  Subject& s = subject_;
  if (size_of(s.disk, kDatabase) == 0) return;
  broker::RowCoder coder;
  DiskNode& node = *s.disk.node(kDatabase);
  for (const auto& [seq, task] : s.model.now().tasks) {
    if (task.put.payload.empty()) continue;
    const std::string row{coder.encode(task.put)};
    const auto at = node.bytes().find(row);
    if (at == std::string::npos) continue;
    broker::PutTask other = task.put;
    std::string payload{other.payload.view()};
    payload.back() = static_cast<char>(payload.back() ^ 1);
    other.payload = proto::Payload::own(std::move(payload));
    node.overwrite(at, coder.encode(other));
    s.damaged = true;
    ++s.counts.damaged;
    return;
  }
}

void Damage::find_way_out() {
  Subject& s = subject_;
  s.store = s.make_store();
  const auto identity = s.store->open();
  proto::Status status;
  std::string text;
  if (identity.ok() && s.model.knows(identity->last)) text = difference(s.model.at(identity->last), *s.store, status);
  if (!identity.ok()) status = identity.failure();
  s.store.reset();
  s.disk.end_process();
  if (status.ok()) return check_harmless(identity.value(), text);
  s.accept(status.failure());
  ++s.counts.refused;
  s.over = true;
  const std::string& advice = status.failure().text;
  if (advice.find("--accept-loss") != std::string::npos) return check_accepted_loss();
  if (advice.find("--quarantine") != std::string::npos) return check_quarantine();
  if (advice.find("restore a backup") == std::string::npos) throw Violation{"a refusal names no way out: " + advice};
}

void Damage::check_harmless(const broker::Store::Identity& identity, const std::string& difference) {
  if (identity.last < subject_.acknowledged)
    throw Violation{"damage took acknowledged commits, and the store does not report it"};
  if (!difference.empty()) throw Violation{"damage that the store does not report: " + difference};
  opening_.note_other(identity.epoch);
}

void Damage::check_accepted_loss() {
  Subject& s = subject_;
  const auto report = broker::accept_loss(kDirectory, "store-after-loss", s.disk);
  if (!report.ok()) throw Violation{"a loss cannot be accepted: " + report.failure().text};
  s.store = s.make_store();
  const auto identity = s.store->open();
  if (!identity.ok())
    throw Violation{"the store refuses to open after a loss was accepted: " + identity.failure().text};
  if (identity->id == opening_.id() || identity->epoch <= opening_.epoch())
    throw Violation{"after an accepted loss the store has its old name or epoch"};
  if (!s.model.knows(report->commit))
    throw Violation{"after an accepted loss the store has a commit that was never made"};
  proto::Status status;
  const std::string text = difference(s.model.at(report->commit), *s.store, status);
  if (!text.empty()) throw Violation{"after an accepted loss the store differs from its commit: " + text};
  if (!status.ok()) s.accept(status.failure());
}

// A quarantine leaves part of what there was. If rows are missing, or others than those that were written are there,
// part of the file may be from an earlier time: the report says so, and tasks of that time may be back.
void Damage::check_quarantine() {
  Subject& s = subject_;
  const auto report = broker::quarantine(kDirectory, s.disk);
  if (!report.ok()) return s.accept(report.failure());
  const bool doubtful = !report->strange.empty();
  if (report->missing > 0 && !doubtful) throw Violation{"a quarantine does not report that rows may be old"};
  s.store = s.make_store();
  const auto identity = s.store->open();
  if (!identity.ok()) throw Violation{"the store refuses to open after a quarantine: " + identity.failure().text};
  const StoreState state = s.model.at(identity->last);
  std::string text;
  const auto status = s.store->scan(proto::TaskSeq{~0ULL}, [&](const broker::StoredTask& task) {
    const auto found = state.tasks.find(task.put.seq);
    const bool there = found != state.tasks.end();
    const bool sound =
        doubtful ? (there ? found->second.put == task.put : s.model.has_put(task.put)) : there && found->second == task;
    if (!sound) text = "task " + std::to_string(task.put.seq.value()) + " differs after a quarantine";
    return text.empty();
  });
  if (!text.empty()) throw Violation{text};
  if (!status.ok()) s.accept(status.failure());
}

}  // namespace forkmill::sim
