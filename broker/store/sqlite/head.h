// Head: the number of the last commit, kept beside the database. A journal that was cut short or has a flipped bit
// looks to SQLite like one that ends earlier; the head tells that commits are missing. Functions throw StoreError.
//
// The file has two slots, written in turns, each with a checksum. A commit is on disk before its number gets here, and
// nobody waits for the head to get there: it may be behind the database, never ahead of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/store/sqlite/file_system.h"
#include "broker/store/sqlite/meta.h"

namespace forkmill::broker {

class Head {
 public:
  struct Record {
    std::uint64_t writes = 0;
    proto::CommitSeq commit;
    proto::Epoch epoch;
    proto::TaskSeq last_seq;
    std::uint32_t store = 0;  // a checksum of its id
    static Record of(const Meta& meta);
  };
  struct Reading {
    bool exists = false;
    std::optional<Record> record;  // the newer one; none: neither slot is sound
    int damaged = 0;               // slots
  };
  static Reading read(FileSystem& files, const std::string& path);

  // Why the database must not be used as it is, in words; empty when it holds all that was committed. `directory` is
  // for the text.
  static std::string missing(const Reading& reading, const Meta& meta, const std::string& directory);

  // A file with `record` in both slots, safe on disk.
  static void create(FileSystem& files, const std::string& path, const Record& record);

  Head(FileSystem& files, std::string path);  // of an existing one

  void write(const Record& record);
  void sync();
  // Puts `record`, the newest one, safely into both slots, one after the other: one may have been left half written, or
  // never have got to the disk.
  void renew(const Record& record);

 private:
  std::string path_;
  std::unique_ptr<OpenFile> file_;
};

}  // namespace forkmill::broker
