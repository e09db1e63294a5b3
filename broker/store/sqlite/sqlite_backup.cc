#include "broker/store/sqlite/sqlite_backup.h"

#include <sqlite3.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "broker/store/sqlite/key_book_table.h"

namespace forkmill::broker {

namespace {

constexpr int kPagesAStep = 512;  // 2 MiB, a few milliseconds

std::string free_path(FileSystem& files, std::string path) {
  if (path.empty()) throw StoreError{"a backup needs a path"};
  if (files.look(path)) throw StoreError{path + " exists: a backup does not overwrite anything"};
  return path;
}

// Removes a partial copy that a killed process left behind.
std::string fresh(FileSystem& files, std::string path) {
  remove_database(files, path);
  return path;
}

}  // namespace

bool remove_database(FileSystem& files, const std::string& path) {
  bool removed = false;
  for (const char* suffix : {"", "-journal", "-wal"}) {
    if (files.remove(path + suffix))
      removed = true;
    else if (errno != ENOENT)
      throw_system_error(path + suffix + " cannot be removed", errno);
  }
  return removed;
}

void publish_file(FileSystem& files, const std::string& from, const std::string& to) {
  sync_path(files, from);
  if (!files.rename(from, to)) throw_system_error(to + " cannot be created", errno);
  sync_path(files, parent_of(to));
}

SqliteBackup::SqliteBackup(Database& source, std::string path, FileSystem& files, BackupExtras extras)
    : files_{files},
      extras_{std::move(extras)},
      path_{free_path(files, std::move(path))},
      partial_{fresh(files, path_ + ".partial")},
      copy_{std::make_unique<Database>(partial_, Database::Open::create, files)} {
  try {
    copy_->run("PRAGMA cache_size = -2048; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;");
    backup_ = sqlite3_backup_init(copy_->handle(), "main", source.handle(), "main");
    if (backup_ == nullptr) copy_->fail(sqlite3_extended_errcode(copy_->handle()));
  } catch (...) {
    files_.remove(partial_);
    throw;
  }
}

SqliteBackup::~SqliteBackup() {
  if (!copy_) return;
  sqlite3_backup_finish(backup_);
  copy_.reset();
  files_.remove(partial_);
}

void SqliteBackup::check_room() const {
  const auto free = extras_.reserve == 0 ? std::nullopt : files_.free_bytes(parent_of(path_));
  if (free && *free < extras_.reserve)
    throw StoreError{path_ + " is not complete: its disk has " + std::to_string(*free) + " bytes left, and " +
                     std::to_string(extras_.reserve) + " stay free for tasks (--disk-reserve)"};
}

bool SqliteBackup::advance() {
  check_room();
  const int code = sqlite3_backup_step(backup_, kPagesAStep);
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return false;
  if (code != SQLITE_DONE) copy_->fail(code);
  finish();
  return true;
}

void SqliteBackup::finish() {
  const int code = sqlite3_backup_finish(backup_);
  backup_ = nullptr;
  if (code != SQLITE_OK) copy_->fail(code);
  const std::string journal = copy_->text("PRAGMA journal_mode = DELETE");
  if (journal != "delete") throw StoreError{partial_ + " keeps a journal (mode " + journal + ")"};
  if (extras_.key_book) write_key_book(*copy_, extras_.key_book());
  copy_.reset();
  try {
    publish_file(files_, partial_, path_);
  } catch (...) {
    files_.remove(partial_);
    throw;
  }
}

proto::Status begin_copy(std::unique_ptr<SqliteBackup>& backup, Database& source, const std::string& path,
                         FileSystem& files, const BackupExtras& extras) {
  if (backup) return proto::Failure{Errc::bad_request, "a backup is under way already: wait until it is complete"};
  try {
    backup = std::make_unique<SqliteBackup>(source, path, files, extras);
  } catch (const StoreError& error) {
    return proto::Failure{Errc::bad_request, error.what()};
  }
  return {};
}

proto::Result<bool> continue_copy(std::unique_ptr<SqliteBackup>& backup) {
  if (!backup) return proto::Failure{Errc::bad_request, "no backup is under way"};
  try {
    if (!backup->advance()) return false;
    backup.reset();
    return true;
  } catch (const StoreError& error) {
    backup.reset();
    return error.failure();
  }
}

}  // namespace forkmill::broker
