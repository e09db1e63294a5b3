// Database and Statement: RAII owners of SQLite's handles. Errors become StoreError with a text that names the file and
// what to do. One thread owns a database and its statements; statements are destroyed before their database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/store/sqlite/file_system.h"
#include "broker/store/store_error.h"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace forkmill::broker {

class Database;

class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int at, std::int64_t number);
  Statement& bind(int at, std::uint64_t number) { return bind(at, static_cast<std::int64_t>(number)); }
  Statement& bind_blob(int at, std::string_view bytes);  // bytes must live until the statement is reset
  Statement& bind_text(int at, std::string_view text);   // text must live as long

  bool step();   // advances; true if there is a row
  void reset();  // needed before the statement is used again
  bool run();    // runs a writing statement to its end; true if it changed a row

  // The columns of the current row; views are valid until the next step() or reset().
  std::int64_t number(int column) const;
  std::string_view bytes(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

// Resetting: resets a statement at the end of a scope.
class Resetting {
 public:
  explicit Resetting(Statement& statement) : statement_{statement} {}
  ~Resetting() { statement_.reset(); }
  Resetting(const Resetting&) = delete;
  Resetting& operator=(const Resetting&) = delete;

 private:
  Statement& statement_;
};

class Database {
 public:
  enum class Open { existing, create };
  Database(std::string path, Open how, FileSystem& files = system_files());
  ~Database();  // does not checkpoint the journal
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql);                                    // one or more statements, rows ignored
  std::int64_t number(const char* sql);                         // the first column of the first row; 0 without one
  std::string text(const char* sql);                            // the same, as text
  std::size_t journal_pages() const { return journal_pages_; }  // after the last commit
  // Syncs what was written to the journal, also in an open transaction.
  void sync_journal();
  // Copies the journal into the database; `empty` also truncates the journal to zero bytes.
  void checkpoint(bool empty);

  [[noreturn]] void fail(int code) const;
  const std::string& path() const { return path_; }
  sqlite3* handle() { return handle_; }

 private:
  sqlite3_file* journal_file();  // null: there is no journal yet

  std::string path_;
  sqlite3* handle_ = nullptr;
  std::size_t journal_pages_ = 0;
};

// Rewrites the journal of the database at `path`, if there is one, in place and syncs it. After a failed sync the
// system serves the unwritten pages from its cache and considers them clean; commits after such a page would be lost
// with it. Call before the database is opened.
void make_journal_safe(FileSystem& files, const std::string& path);

// Explains SQLite's error `code` for the file at `path`, and what to do. `detail` is SQLite's message.
std::string describe_sqlite_error(int code, int system_error, std::string_view detail, const std::string& path);

}  // namespace forkmill::broker
