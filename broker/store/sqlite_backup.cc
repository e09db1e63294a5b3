#include "broker/store/sqlite_backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "broker/store/data_dir.h"

namespace forkmill::broker {

namespace {

constexpr int kPagesAStep = 512;  // 2 MiB: some milliseconds

std::string free_path(std::string path) {
  if (path.empty()) throw StoreError{"a backup needs a path"};
  if (::access(path.c_str(), F_OK) == 0) throw StoreError{path + " exists: a backup does not overwrite anything"};
  return path;
}

// Left over from a process that ended in the middle.
std::string fresh(std::string path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_system_error(path + " cannot be removed", errno);
  return path;
}

}  // namespace

void publish_file(const std::string& from, const std::string& to) {
  sync_path(from);
  int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result != 0 && (errno == EINVAL || errno == ENOSYS)) {  // not every file system can
    free_path(to);
    result = ::rename(from.c_str(), to.c_str());
  }
  if (result != 0) throw_system_error(to + " cannot be created", errno);
  sync_path(parent_of(to));
}

SqliteBackup::SqliteBackup(Database& source, std::string path)
    : path_{free_path(std::move(path))},
      partial_{fresh(path_ + ".partial")},
      copy_{std::make_unique<Database>(partial_, Database::Open::create)} {
  try {
    copy_->run("PRAGMA cache_size = -2048; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;");
    backup_ = sqlite3_backup_init(copy_->handle(), "main", source.handle(), "main");
    if (backup_ == nullptr) copy_->fail(sqlite3_extended_errcode(copy_->handle()));
  } catch (...) {
    ::unlink(partial_.c_str());
    throw;
  }
}

SqliteBackup::~SqliteBackup() {
  if (!copy_) return;
  sqlite3_backup_finish(backup_);
  copy_.reset();
  ::unlink(partial_.c_str());
}

bool SqliteBackup::advance() {
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
  copy_.reset();
  try {
    publish_file(partial_, path_);
  } catch (...) {
    ::unlink(partial_.c_str());
    throw;
  }
}

}  // namespace forkmill::broker
