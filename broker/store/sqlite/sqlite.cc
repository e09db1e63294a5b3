#include "broker/store/sqlite/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace forkmill::broker {

namespace {

int count_pages(void* counter, sqlite3*, const char*, int pages) {
  *static_cast<std::size_t*>(counter) = static_cast<std::size_t>(pages);
  return SQLITE_OK;
}

// Creates the database with mode 0600; SQLite gives the journal the same mode.
void create_private_file(FileSystem& files, const std::string& path) {
  if (!files.open(path, FileSystem::Open::make)) throw_system_error(path + " cannot be created", errno);
}

std::string system_text(int error) { return std::generic_category().message(error); }

}  // namespace

void throw_system_error(const std::string& what, int error) { throw StoreError{what + ": " + system_text(error)}; }

std::string describe_sqlite_error(int code, int system_error, std::string_view detail, const std::string& path) {
  const std::string quoted = " (" + std::string{detail} + ")";
  const std::string reason = system_error != 0 ? ": " + system_text(system_error) : quoted;
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
      return path + " is damaged" + quoted + ": restore a backup";
    case SQLITE_NOTADB:
      return path + " is not a database, or its beginning is damaged" + quoted + ": restore a backup";
    case SQLITE_FULL:
      return "the disk is full: " + path + " cannot grow: free some space and start again";
    case SQLITE_IOERR:
      return "reading or writing " + path + " or its journal failed" + reason +
             ": look at the disk, then start again (error " + std::to_string(code) + ")";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return path + " is in use by another process";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return path + " cannot be written" + reason;
    case SQLITE_CANTOPEN:
      return path + " cannot be opened" + reason;
    case SQLITE_NOMEM:
      return "out of memory while working on " + path;
    default:
      return path + ": " + std::string{detail} + " (error " + std::to_string(code) + ")";
  }
}

void make_journal_safe(FileSystem& files, const std::string& path) {
  const std::string journal = path + "-wal";
  if (file_size(files, journal).value_or(0) == 0) return;
  const auto file = files.open(journal, FileSystem::Open::write);
  if (!file) throw_system_error(journal + " cannot be opened", errno);
  std::vector<char> buffer(256 * 1024);
  for (std::uint64_t at = 0;; at += buffer.size()) {
    const auto size = file->read(at, buffer);
    if (!size) throw_system_error(journal + " cannot be read", errno);
    const std::string_view piece{buffer.data(), *size};
    // Earlier versions lengthened the journal with zero bytes.
    if (piece.find_first_not_of('\0') == std::string_view::npos) break;
    if (!file->write(at, piece)) throw_system_error(journal + " cannot be written", errno);
  }
  if (!file->sync()) throw_system_error(journal + " cannot be made safe", errno);
}

Statement::Statement(Database& database, const char* sql) : database_{database} {
  const int code = sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) database.fail(code);
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int at, std::int64_t number) {
  if (const int code = sqlite3_bind_int64(handle_, at, number); code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) {
  const char* data = bytes.data() != nullptr ? bytes.data() : "";  // a null pointer would bind NULL
  const int code = sqlite3_bind_blob64(handle_, at, data, bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::bind_text(int at, std::string_view text) {
  const int code = sqlite3_bind_text64(handle_, at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

bool Statement::step() {
  errno = 0;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Statement::reset() { sqlite3_reset(handle_); }

bool Statement::run() {
  Resetting at_the_end{*this};
  while (step()) {
  }
  return sqlite3_changes(database_.handle()) != 0;
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(handle_, column); }

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  if (data == nullptr && sqlite3_errcode(database_.handle()) == SQLITE_NOMEM) database_.fail(SQLITE_NOMEM);
  return data == nullptr ? std::string_view{} : std::string_view{data, static_cast<std::size_t>(size)};
}

Database::Database(std::string path, Open how, FileSystem& files) : path_{std::move(path)} {
  const bool in_memory = path_ == ":memory:";
  if (how == Open::create && !in_memory) create_private_file(files, path_);
  const int create = in_memory ? SQLITE_OPEN_CREATE : 0;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | create;
  const int code = sqlite3_open_v2(path_.c_str(), &handle_, flags, in_memory ? nullptr : files.vfs());
  if (code != SQLITE_OK) {
    const std::string text = describe_sqlite_error(code, handle_ == nullptr ? 0 : sqlite3_system_errno(handle_),
                                                   sqlite3_errstr(code), path_);
    sqlite3_close_v2(handle_);
    throw StoreError{text};
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_wal_hook(handle_, count_pages, &journal_pages_);  // replaces SQLite's automatic checkpoints
  try {
    run("PRAGMA locking_mode = EXCLUSIVE");  // must be set before the first read
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::run(const char* sql) {
  errno = 0;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

// number() and text() run the statement to its end: PRAGMA journal_mode returns its row before it commits.
std::int64_t Database::number(const char* sql) {
  Statement statement{*this, sql};
  if (!statement.step()) return 0;
  const std::int64_t number = statement.number(0);
  while (statement.step()) {
  }
  return number;
}

std::string Database::text(const char* sql) {
  Statement statement{*this, sql};
  if (!statement.step()) return {};
  std::string text{statement.bytes(0)};
  while (statement.step()) {
  }
  return text;
}

void Database::checkpoint(bool empty) {
  errno = 0;
  const int mode = empty ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
  journal_pages_ = 0;
}

sqlite3_file* Database::journal_file() {
  errno = 0;
  sqlite3_file* file = nullptr;
  if (const int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file); code != SQLITE_OK)
    fail(code);
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

void Database::sync_journal() {
  sqlite3_file* const file = journal_file();
  if (file == nullptr) return;
  if (const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY); code != SQLITE_OK)
    fail(code);
}

void Database::fail(int code) const {
  // SQLite does not keep the system's error number on every path, so callers clear errno before.
  const int system_error = errno != 0 ? errno : sqlite3_system_errno(handle_);
  throw StoreError{describe_sqlite_error(code, system_error, sqlite3_errmsg(handle_), path_)};
}

}  // namespace forkmill::broker
