#include "broker/store/sqlite/head.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "broker/store/bytes.h"
#include "broker/store/crc32c.h"

namespace forkmill::broker {

namespace {

constexpr std::string_view kMagic = "fmhead01";
constexpr std::size_t kBody = 8 + 4 * 8 + 4;
constexpr std::size_t kSlot = kBody + 4;
constexpr std::uint64_t kSlotDistance =
    4096;  // each slot has sectors of its own: a torn write of one cannot damage the other

using Slot = std::array<char, kSlot>;

Slot encode(const Head::Record& record) {
  Slot slot{};
  std::memcpy(slot.data(), kMagic.data(), kMagic.size());
  put_number(slot.data() + 8, record.writes);
  put_number(slot.data() + 16, record.commit.value());
  put_number(slot.data() + 24, record.epoch.value());
  put_number(slot.data() + 32, record.last_seq.value());
  put_number(slot.data() + 40, record.store);
  put_number(slot.data() + kBody, crc32c({slot.data(), kBody}));
  return slot;
}

std::optional<Head::Record> decode(const Slot& slot) {
  if (std::string_view{slot.data(), kMagic.size()} != kMagic) return std::nullopt;
  if (get_number<std::uint32_t>(slot.data() + kBody) != crc32c({slot.data(), kBody})) return std::nullopt;
  Head::Record record;
  record.writes = get_number<std::uint64_t>(slot.data() + 8);
  record.commit = proto::CommitSeq{get_number<std::uint64_t>(slot.data() + 16)};
  record.epoch = proto::Epoch{get_number<std::uint64_t>(slot.data() + 24)};
  record.last_seq = proto::TaskSeq{get_number<std::uint64_t>(slot.data() + 32)};
  record.store = get_number<std::uint32_t>(slot.data() + 40);
  return record;
}

void write_slot(OpenFile& file, const std::string& path, const Head::Record& record, std::uint64_t which) {
  const Slot slot = encode(record);
  if (!file.write(which * kSlotDistance, {slot.data(), slot.size()}))
    throw_system_error(path + " cannot be written", errno);
}

void sync_slots(OpenFile& file, const std::string& path) {
  if (!file.sync()) throw_system_error(path + " cannot be made safe", errno);
}

}  // namespace

Head::Record Head::Record::of(const Meta& meta) {
  return {meta.writes, meta.commit, meta.epoch, meta.last_seq, crc32c(meta.store)};
}

bool Head::Record::newer_than(const Record& other) const {
  return writes != other.writes ? writes > other.writes : commit > other.commit;
}

Head::Reading Head::read(FileSystem& files, const std::string& path) {
  Reading reading;
  const auto file = files.open(path, FileSystem::Open::read);
  if (!file) {
    if (errno == ENOENT) return reading;
    throw_system_error(path + " cannot be read", errno);
  }
  reading.exists = true;
  for (std::uint64_t which = 0; which < 2; ++which) {
    Slot slot{};
    const auto size = file->read(which * kSlotDistance, slot);
    if (!size) throw_system_error(path + " cannot be read", errno);
    const auto record = *size == slot.size() ? decode(slot) : std::nullopt;
    if (!record) ++reading.damaged;
    if (record && (!reading.record || record->newer_than(*reading.record))) reading.record = record;
  }
  return reading;
}

std::string Head::missing(const Reading& reading, const Meta& meta, const std::string& directory) {
  const std::string way_out =
      ": restore a backup, or go on without what is missing: forkmill-broker --data " + directory + " --accept-loss";
  const bool used = meta.epoch.value() > 0;  // open() raises the epoch before the first commit
  if (!reading.exists)
    return used ? directory + "/head is missing: whether the database has every commit cannot be known" + way_out : "";
  if (!reading.record)
    return directory + "/head is damaged: whether the database has every commit cannot be known" + way_out;
  const Record& head = *reading.record;
  if (head.store != crc32c(meta.store))
    return directory + "/head belongs to another store than " + directory + "/forkmill.db" + way_out;
  if (head.writes <= meta.writes && head.commit <= meta.commit) return "";
  const std::uint64_t commits = head.commit > meta.commit ? head.commit.value() - meta.commit.value() : 0;
  if (commits == 0)
    return directory + "/forkmill.db lacks its last start: its journal was cut short or is damaged" + way_out;
  return directory + "/forkmill.db lacks " + std::to_string(commits) +
         (commits == 1 ? " commit that was" : " commits that were") + " reported safe (it ends with commit " +
         std::to_string(meta.commit.value()) + ", the last one was " + std::to_string(head.commit.value()) +
         "): its journal was cut short or is damaged" + way_out;
}

void Head::create(FileSystem& files, const std::string& path, const Record& record) {
  const bool replaced = file_size(files, path).has_value();
  // A new file gets its name when it is complete.
  const std::string place = replaced ? path : path + ".new";
  const auto file = files.open(place, FileSystem::Open::make);
  if (!file) throw_system_error(place + " cannot be created", errno);
  write_slot(*file, place, record, 0);
  write_slot(*file, place, record, 1);
  sync_slots(*file, place);
  if (!replaced && !files.rename(place, path)) throw_system_error(path + " cannot be created", errno);
  sync_path(files, parent_of(path));
}

Head::Head(FileSystem& files, std::string path)
    : path_{std::move(path)}, file_{files.open(path_, FileSystem::Open::write)} {
  if (!file_) throw_system_error(path_ + " cannot be written", errno);
}

void Head::write(const Record& record) {
  write_slot(*file_, path_, record, next_slot_);
  next_slot_ = 1 - next_slot_;
}

void Head::sync() { sync_slots(*file_, path_); }

void Head::renew(const Record& record) {
  for (int slot = 0; slot < 2; ++slot) {
    write(record);
    sync();
  }
}

// ---- HeadKeeper -----------------------------------------------------------------------------------------------------

HeadKeeper::HeadKeeper(const DataDir& directory, const Meta& meta)
    : directory_{directory}, meta_{meta}, reading_{Head::read(directory.files(), directory.head())} {}

void HeadKeeper::check(proto::CommitSeq last) {
  Meta known = meta_;
  known.commit = last;
  if (const std::string text = Head::missing(reading_, known, directory_.path()); !text.empty()) throw StoreError{text};
  if (!reading_.exists) Head::create(directory_.files(), directory_.head(), Head::Record::of(meta_));
  directory_.make_names_safe();
  head_ = std::make_unique<Head>(directory_.files(), directory_.head());
  if (reading_.record) head_->renew(*reading_.record);
}

void HeadKeeper::write(proto::CommitSeq last, proto::TaskSeq last_seq) {
  last_ = last;
  last_seq_ = last_seq;
  Head::Record record = Head::Record::of(meta_);
  record.commit = last;
  record.last_seq = last_seq;
  head_->write(record);
}

void HeadKeeper::follow() { write(std::max(last_, meta_.commit), std::max(last_seq_, meta_.last_seq)); }

}  // namespace forkmill::broker
