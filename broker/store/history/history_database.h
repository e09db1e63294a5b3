// HistoryDatabase: the history of finished tasks in a database of its own, history.db, beside the files of the store:
// one row a task, by rising number, so that rows are added at the end of the table and removed at its beginning.
//
// Rows that were appended survive the end of the process at once, and a loss of power after sync(). Functions throw
// StoreError; after that the object is good for nothing but its destruction. One thread owns it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "broker/store/finished_task.h"
#include "broker/store/history/finished_row.h"
#include "broker/store/requests.h"
#include "broker/store/sqlite/file_system.h"
#include "broker/store/sqlite/sqlite.h"

namespace forkmill::broker {

struct HistoryOptions {
  std::string directory;                 // made if missing, but not its parents
  std::string file = "history.db";       // its name there
  milliseconds max_age{0};               // since the end of a task; 0: no limit
  std::uint64_t max_bytes = 1ULL << 30;  // limit of the database, without its journal of a few MiB
  std::uint64_t disk_reserve = 0;        // bytes that stay free for the store
  FileSystem* files = &system_files();   // outlives the history
};

class HistoryDatabase {
 public:
  // Opens the database, or creates it. A damaged one is set aside as history.db.damaged, in the place of an earlier
  // one, `note` is told, and an empty one takes its place. damage: what an earlier object has met in this database;
  // empty: nothing.
  HistoryDatabase(const HistoryOptions& options, std::string damage,
                  const std::function<void(const std::string&)>& note);
  ~HistoryDatabase();
  HistoryDatabase(const HistoryDatabase&) = delete;
  HistoryDatabase& operator=(const HistoryDatabase&) = delete;

  // Adds the tasks, all or none.
  void append(std::span<const FinishedTask> tasks);
  // Makes what was appended safe.
  void sync();
  // Moves the journal into the database if it is long. Call after append(), which does not: a failure of this one takes
  // nothing back.
  void checkpoint();
  HistoryAnswer scan(const HistoryScan& request);
  HistoryAnswer find(const HistoryFind& request);
  // Removes some of the oldest tasks if there are too many, or if they are too old at `now`, in unix time. Returns
  // whether there are more of them.
  bool trim(milliseconds now);

  std::uint64_t tasks() const;  // about: gaps count
  std::uint64_t bytes();
  milliseconds oldest();                              // unix time of the end of the oldest task; 0: there is none
  std::uint64_t damaged() const { return damaged_; }  // damaged rows that were met
  // Whether the last error was damage of the file.
  bool is_damaged() const;

 private:
  struct Statements;

  void open(const std::string& path);
  void visit(Statement& rows, const std::function<bool(FinishedTask)>& visit);
  void remove_oldest(milliseconds ended_before);

  const HistoryOptions options_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Statements> statements_;  // destroyed before the database
  FinishedRowCoder coder_;
  std::uint64_t page_bytes_ = 0;
  std::uint64_t first_ = 1;  // at or before the oldest number
  std::uint64_t next_ = 1;
  std::uint64_t damaged_ = 0;
};

}  // namespace forkmill::broker
