// The plans of SQLite for the statements of the history and of the store: rows are found by a key or an index, in the
// order in which they are wanted, however many there are.
#include <sqlite3.h>

#include <string>
#include <vector>

#include "broker/store/history/history_keeper.h"
#include "tests/unit/store/history_samples.h"
#include "tests/unit/store/rig.h"
#include "tests/unit/store/store_samples.h"

namespace query_plans_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::CommitSeq;
using forkmill::proto::Instant;
using forkmill::proto::TaskSeq;

namespace {

std::vector<sqlite3*> opened;  // connections to files, while Connections notes them

int note(sqlite3* connection, char**, const sqlite3_api_routines*) {
  if (const char* file = sqlite3_db_filename(connection, "main"); file != nullptr && *file != '\0')
    opened.push_back(connection);
  return SQLITE_OK;
}

// Notes the connections that are opened in its lifetime.
class Connections {
 public:
  Connections() { REQUIRE(sqlite3_auto_extension(extension()) == SQLITE_OK); }
  ~Connections() {
    sqlite3_cancel_auto_extension(extension());
    opened.clear();
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // The last one: a store opens another before, to look whether it may use the files, and closes it.
  sqlite3* last() const {
    REQUIRE(!opened.empty());
    return opened.back();
  }

 private:
  using Extension = void (*)();
  static Extension extension() { return reinterpret_cast<Extension>(&note); }
};

std::vector<sqlite3_stmt*> statements_of(sqlite3* connection) {
  std::vector<sqlite3_stmt*> statements;
  for (auto* one = sqlite3_next_stmt(connection, nullptr); one != nullptr; one = sqlite3_next_stmt(connection, one))
    statements.push_back(one);
  return statements;
}

// The lines of the plan of a statement.
std::string plan_of(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* explain = nullptr;
  REQUIRE(sqlite3_prepare_v2(connection, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &explain, nullptr) == SQLITE_OK);
  std::string plan;
  while (sqlite3_step(explain) == SQLITE_ROW)
    plan += std::string{reinterpret_cast<const char*>(sqlite3_column_text(explain, 3))} + "\n";
  sqlite3_finalize(explain);
  return plan;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// Checks the statements that the connection has prepared: by their plans, and by what SQLite has counted so far.
void check_statements(sqlite3* connection, std::size_t at_least) {
  const auto statements = statements_of(connection);
  CHECK(statements.size() >= at_least);
  for (sqlite3_stmt* statement : statements) {
    const std::string sql = sqlite3_sql(statement);
    const std::string plan = plan_of(connection, sql);
    CAPTURE(sql);
    CAPTURE(plan);
    CHECK_FALSE(has(plan, "SCAN"));
    CHECK_FALSE(has(plan, "TEMP B-TREE"));
    CHECK_FALSE(has(plan, "AUTOMATIC"));
    CHECK(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) == 0);
    CHECK(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_SORT, 0) == 0);
    CHECK(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_AUTOINDEX, 0) == 0);
  }
}

}  // namespace

TEST_CASE("the check of plans finds a scan and a sort") {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(":memory:", &connection) == SQLITE_OK);
  REQUIRE(sqlite3_exec(connection, "CREATE TABLE t (a INTEGER, b INTEGER)", nullptr, nullptr, nullptr) == SQLITE_OK);
  const std::string plan = plan_of(connection, "SELECT a FROM t WHERE b = ?1 ORDER BY a");
  CHECK(has(plan, "SCAN"));
  CHECK(has(plan, "TEMP B-TREE"));
  sqlite3_close(connection);
}

TEST_CASE("the history reads, finds and removes tasks by a key or an index") {
  const Folder folder;
  const Connections connections;
  HistoryOptions options;
  options.directory = folder.path("data");
  options.max_age = 1000s;
  HistoryKeeper keeper{options};
  const forkmill::proto::Now now{Instant{1}, 3000s};
  keeper.write(finished_range(1, 3000), now);
  CHECK(keeper.answer(scan_of(50), now).tasks.size() == 50);
  CHECK(keeper.answer(scan_of(50, TaskSeq{1000}), now).tasks.size() == 50);
  CHECK(keeper.answer(find_of(digits_of_id(finished_id(7))), now).tasks.size() == 1);
  while (keeper.trim(now)) {
  }
  CHECK(keeper.meter().removed == 1999);
  check_statements(connections.last(), 10);
}

TEST_CASE("the database of the store reads, changes and removes tasks by their numbers") {
  const Folder folder;
  const Connections connections;
  const auto store = make_database_store(folder.path("data"));
  REQUIRE(store->open().ok());
  std::vector<StoreOp> ops;
  for (std::uint64_t n = 1; n <= 1000; ++n) ops.emplace_back(put(n));
  ops.emplace_back(Forget{TaskSeq{3}});
  ops.emplace_back(Dispatch{TaskSeq{4}, forkmill::proto::Attempt{1}});
  REQUIRE(store->apply(ops).ok());
  REQUIRE(store->commit(CommitSeq{1}).ok());
  CHECK(fetched(*store, {TaskSeq{4}, TaskSeq{900}}).size() == 2);
  CHECK(scanned(*store, 500, 10).size() == 10);
  check_statements(connections.last(), 15);
}

}  // namespace query_plans_test
