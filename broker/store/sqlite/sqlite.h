// Database and Statement: SQLite's handles with owners, and its errors as StoreError, in words that name the file and
// what to do. One thread owns a database and its statements; statements go before their database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/store/sqlite/file_system.h"
#include "broker/store/store_error.h"

struct sqlite3;
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
  Statement& bind_blob(int at, std::string_view bytes);  // must live until the statement is reset
  Statement& bind_text(int at, std::string_view text);   // likewise

  bool step();   // true: there is a row
  void reset();  // before it is used again
  bool run();    // one that writes, to its end; true when it changed a row

  // Of the row that is there; views are valid until the next step or reset.
  std::int64_t number(int column) const;
  std::string_view bytes(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement at the end of a block, whatever way it ends.
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
  ~Database();  // leaves the journal as it is
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql);                                    // one or more statements, rows ignored
  std::int64_t number(const char* sql);                         // the first column of the first row; 0 without one
  std::string text(const char* sql);                            // likewise
  std::size_t journal_pages() const { return journal_pages_; }  // after the last commit
  // Lengthens the journal by at most `piece` bytes of nothing, up to `length`, safe on disk; true: it is not there yet.
  // To make a file longer takes the disk twice as long as to write into it. Only between transactions.
  bool lengthen_journal(std::uint64_t length, std::size_t piece);
  // Moves the journal into the database; `empty` also cuts it to nothing.
  void checkpoint(bool empty);

  [[noreturn]] void fail(int code) const;
  const std::string& path() const { return path_; }
  sqlite3* handle() { return handle_; }

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
  std::size_t journal_pages_ = 0;
};

// Writes the journal of the database at `path`, if there is one, over itself and makes it safe. Whoever wrote it may
// have failed to sync it, and the system then shows what it could not write, and takes it for written: commits behind
// such a place would be gone with it. Before the database is opened.
void make_journal_safe(FileSystem& files, const std::string& path);

// What SQLite's `code` means for the file at `path`, and what to do about it. `detail` is its own message.
std::string describe_sqlite_error(int code, int system_error, std::string_view detail, const std::string& path);

}  // namespace forkmill::broker
