// SqliteBackup: copies a database in steps while it is in use, on the connection that writes it. The copy is a database
// file without a journal. It grows as PATH.partial and gets its name when it is complete and synced; the destructor
// removes an unfinished copy. One thread uses the object; it is destroyed before the database. Functions throw
// StoreError, which means that the copy has failed, not the database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/store/sqlite/sqlite.h"
#include "proto/result.h"

struct sqlite3_backup;

namespace forkmill::broker {

struct BackupExtras {
  std::uint64_t reserve = 0;  // bytes that a copy leaves free on its disk; it fails rather than take them
  // Returns the text that goes into a copy as its key book (key_book_table.h); throws StoreError if it cannot be read.
  // Null: a copy has none.
  std::function<std::string()> key_book{};
};

class SqliteBackup {
 public:
  SqliteBackup(Database& source, std::string path, FileSystem& files = system_files(), BackupExtras extras = {});
  ~SqliteBackup();
  SqliteBackup(const SqliteBackup&) = delete;
  SqliteBackup& operator=(const SqliteBackup&) = delete;

  // Copies some pages; returns true when the copy is complete. Does nothing while a transaction is open on the source,
  // because a copy holds committed changes only.
  bool advance();

 private:
  void check_room() const;
  void finish();

  FileSystem& files_;
  const BackupExtras extras_;
  std::string path_;
  std::string partial_;
  std::unique_ptr<Database> copy_;
  sqlite3_backup* backup_ = nullptr;
};

// The two functions of Store for the backup of a store. A failure ends the backup, and `backup` is null again.
proto::Status begin_copy(std::unique_ptr<SqliteBackup>& backup, Database& source, const std::string& path,
                         FileSystem& files, const BackupExtras& extras = {});
proto::Result<bool> continue_copy(std::unique_ptr<SqliteBackup>& backup);

// Removes the database at `path` with its journals: SQLite would apply them to the next database of that name. Returns
// false if there was none of these files.
bool remove_database(FileSystem& files, const std::string& path);

// Renames the complete file `from` to `to` and syncs the directory. Throws if `to` exists.
void publish_file(FileSystem& files, const std::string& from, const std::string& to);

}  // namespace forkmill::broker
