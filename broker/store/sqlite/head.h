// Head: the number of the last commit, kept in a file beside the database. SQLite takes a journal that is truncated or
// has a flipped bit for a shorter one; the head reveals the missing commits. Functions throw StoreError.
//
// The file has two slots with a checksum each, written in turns. The head is written after the commit is on disk, and
// nothing waits for it: it may be behind the store, but never ahead of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/store/sqlite/data_dir.h"
#include "broker/store/sqlite/file_system.h"
#include "broker/store/sqlite/meta.h"

namespace forkmill::broker {

class Head {
 public:
  struct Record {
    std::uint64_t writes = 0;  // transactions of the database
    proto::CommitSeq commit;   // the last one, in the database or in a journal in front of it
    proto::Epoch epoch;
    proto::TaskSeq last_seq;
    std::uint32_t store = 0;  // checksum of the store's id
    bool newer_than(const Record& other) const;
    static Record of(const Meta& meta);
  };
  struct Reading {
    bool exists = false;
    std::optional<Record> record;  // from the newer slot; none: no slot is sound
    int damaged = 0;               // number of damaged slots
  };
  static Reading read(FileSystem& files, const std::string& path);

  // Returns why the store must not be used as it is; empty if it has every commit. `meta` is that of the database, with
  // the last commit of the whole store. `directory` appears in the text.
  static std::string missing(const Reading& reading, const Meta& meta, const std::string& directory);

  // Creates the file with `record` in both slots and syncs it.
  static void create(FileSystem& files, const std::string& path, const Record& record);

  Head(FileSystem& files, std::string path);  // opens an existing file

  void write(const Record& record);
  void sync();
  // Writes and syncs `record`, the newest one, into both slots, one after the other. A crash may have left one half
  // written, or unsynced.
  void renew(const Record& record);

 private:
  std::string path_;
  std::unique_ptr<OpenFile> file_;
  std::uint64_t next_slot_ = 0;
};

// HeadKeeper: the head of a store that is being opened, and then of the open store. `directory` and `meta`, which is
// that of the database, outlive it.
class HeadKeeper {
 public:
  // Reads the head. Changes nothing.
  HeadKeeper(const DataDir& directory, const Meta& meta);

  bool existed() const { return reading_.exists; }
  // Throws if the head knows of later commits than `last`, the last one of the whole store. Else readies the head for
  // the functions below.
  void check(proto::CommitSeq last);
  // Writes the head of a store whose last commit is `last` and whose highest number is `last_seq`.
  void write(proto::CommitSeq last, proto::TaskSeq last_seq);
  // The same after a commit of the database, which may be behind the store: the head does not go back.
  void follow();
  void sync() { head_->sync(); }

 private:
  const DataDir& directory_;
  const Meta& meta_;
  Head::Reading reading_;
  std::unique_ptr<Head> head_;
  proto::CommitSeq last_;  // as of write()
  proto::TaskSeq last_seq_;
};

}  // namespace forkmill::broker
