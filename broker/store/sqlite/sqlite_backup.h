// SqliteBackup: a copy of a database while it is in use, a bit at a time, from the connection that writes it. The copy
// is a database file of its own without a journal. It grows as PATH.partial and gets its name when it is complete and
// safe; an unfinished one is removed with the object. One thread; goes before the database. Functions throw StoreError,
// which concerns the copy alone.
#pragma once

#include <memory>
#include <string>

#include "broker/store/sqlite/sqlite.h"

struct sqlite3_backup;

namespace forkmill::broker {

class SqliteBackup {
 public:
  SqliteBackup(Database& source, std::string path, FileSystem& files = system_files());
  ~SqliteBackup();
  SqliteBackup(const SqliteBackup&) = delete;
  SqliteBackup& operator=(const SqliteBackup&) = delete;

  // Copies some pages; true when all is done. Does nothing while a transaction is open on the source: what is not
  // committed does not belong into a copy.
  bool advance();

 private:
  void finish();

  FileSystem& files_;
  std::string path_;
  std::string partial_;
  std::unique_ptr<Database> copy_;
  sqlite3_backup* backup_ = nullptr;
};

// Gives the complete file `from` the name `to`, which must be free, and makes that safe.
void publish_file(FileSystem& files, const std::string& from, const std::string& to);

}  // namespace forkmill::broker
