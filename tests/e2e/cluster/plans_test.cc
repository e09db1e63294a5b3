// The plans of PostgreSQL for the statements of a store, as the server notes them while a store works (auto_explain):
// with statistics, rows of the tables that grow are found by an index, however many there are.
#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/cluster/postgres_rig.h"
#include "tests/unit/store/store_samples.h"

namespace plans_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using proto::Attempt;
using proto::CommitSeq;
using proto::TaskSeq;

namespace {

constexpr std::uint64_t kTasks = 30'000;
constexpr std::uint64_t kRecords = 5'000;
constexpr std::uint64_t kEach = 8;  // more often than a session plans for the values: then it has plans for any

struct Plan {
  std::string query;
  std::string steps;
};

// The plans in the log of a server: those of statements that have ended.
class PlanLog {
 public:
  explicit PlanLog(const PostgresServer& server) : log_{server.folder() + "/log"} {}

  // Returns those since the last call.
  std::vector<Plan> drain() {
    std::vector<Plan> plans;
    bool is_plan = false;
    for (std::string line; std::getline(log_, line);) {
      begin_ += line;
      if (log_.eof()) break;  // the rest of this line comes later
      line = std::exchange(begin_, {});
      if (!line.starts_with('\t')) {
        is_plan = line.ends_with("plan:");
        if (is_plan) plans.emplace_back();
      } else if (is_plan) {
        constexpr std::string_view kQuery = "\tQuery Text: ";
        if (line.starts_with(kQuery))
          plans.back().query = line.substr(kQuery.size());
        else
          plans.back().steps += line + "\n";
      }
    }
    log_.clear();  // there will be more
    return plans;
  }

 private:
  std::ifstream log_;
  std::string begin_;  // a line whose end is not written yet
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Whether a step may read all rows of a table that has a row for each task or record: in any order, or along an index
// without a condition on it.
bool reads_all(const Plan& plan) {
  for (const char* table : {"task_", "outcome_", "progression_", "record_"})
    if (has(plan.steps, std::string{"Seq Scan on "} + table)) return true;
  std::istringstream lines{plan.steps};
  bool needs_condition = false;
  for (std::string line; std::getline(lines, line);) {
    if (needs_condition && !has(line, "Index Cond:")) return true;
    needs_condition = has(line, "Index Scan ") || has(line, "Index Only Scan ");
  }
  return needs_condition;
}

// A store on a server of its own, which notes its plans.
class Site {
 public:
  Site() {
    server_.start({"session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0",
                   "log_line_prefix=", "autovacuum=off"});
    open();
  }

  void open() {
    store_.reset();
    store_ = make_store(server_.url());
    const auto opened = store_->open();
    REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.failure().text));
    last_ = opened->last;
    tasks_ = summaries(*store_).size();
    records_ = records(*store_).size();
  }
  void commit(const std::vector<StoreOp>& ops) {
    REQUIRE(store_->apply(ops).ok());
    last_ = last_.next();
    REQUIRE(store_->commit(last_).ok());
  }
  // Tasks and records as of a cluster that has been busy: each second task has ended, and the others were tried again.
  // All tables are so large that reading them costs more than some searches.
  void fill() {
    constexpr std::uint64_t kCommit = 1000;
    for (std::uint64_t n = 1; n <= kTasks; n += kCommit) {
      std::vector<StoreOp> ops;
      for (std::uint64_t i = n; i < n + kCommit; ++i) {
        ops.emplace_back(put(i));
        if (i % 2 == 0)
          ops.emplace_back(finish(i));
        else
          ops.emplace_back(Reschedule{TaskSeq{i}, Attempt{1}, proto::milliseconds{1}});
      }
      commit(ops);
    }
    std::vector<StoreOp> ops;
    for (std::uint64_t n = 1; n <= kRecords; ++n) ops.emplace_back(record(kTasks + n, "record"));
    commit(ops);
    server_.sql("ANALYZE");
  }
  static Finish finish(std::uint64_t n) {
    return {TaskSeq{n},
            {proto::OutcomeKind::succeeded, Attempt{1}, "w", proto::Payload::copy("42"), {}},
            proto::milliseconds{5000}};
  }

  PostgresServer& server() { return server_; }
  PostgresStore& store() { return *store_; }
  std::size_t tasks() const { return tasks_; }
  std::size_t records_found() const { return records_; }

 private:
  PostgresServer server_;
  std::unique_ptr<PostgresStore> store_;
  CommitSeq last_;
  std::size_t tasks_ = 0;
  std::size_t records_ = 0;
};

}  // namespace

TEST_CASE("with statistics, PostgreSQL finds tasks and records by their numbers") {
  Site site;
  PlanLog log{site.server()};
  site.fill();
  log.drain();

  // The check itself finds what it is to find.
  site.server().sql("SELECT count(*) FROM forkmill.task_1_0 WHERE length(data) = 1");
  site.server().sql("SELECT seq FROM forkmill.task_1_0 ORDER BY seq OFFSET 20000 LIMIT 1");
  auto bad = log.drain();
  std::erase_if(bad, [](const Plan& plan) { return !has(plan.query, "task_1_0"); });  // renewals of the lease
  REQUIRE(bad.size() == 2);
  CHECK(reads_all(bad[0]));
  CHECK(reads_all(bad[1]));

  site.open();  // reads all, page by page
  CHECK(site.tasks() == kTasks);
  CHECK(site.records_found() == kRecords);
  for (std::uint64_t i = 0; i < kEach; ++i) {
    const std::uint64_t n = 1 + 100 * i;
    CHECK(scanned(site.store(), kTasks - n, 200).size() == 200);
    CHECK(scanned(site.store(), n + 10, 5).size() == 5);
    CHECK(fetched(site.store(), {TaskSeq{n}, TaskSeq{n + 7}, TaskSeq{kTasks - n}}).size() == 3);
    const std::uint64_t fresh = kTasks + kRecords + 1 + i;
    site.commit({put(fresh), record(kTasks + 1 + i, "changed")});
    site.commit({Dispatch{TaskSeq{n}, Attempt{1}}, Reschedule{TaskSeq{n + 2}, Attempt{1}, proto::milliseconds{7}},
                 Requeue{TaskSeq{n + 4}, "other", 1}});
    site.commit({Site::finish(n), Forget{TaskSeq{n + 1}}, Forget{TaskSeq{n + 2}}, Forget{TaskSeq{n + 6}},
                 EraseRecord{TaskSeq{kTasks + 100 + i}}});
  }
  std::set<std::string> queries;
  for (const Plan& plan : log.drain()) {
    CAPTURE(plan.query);
    CAPTURE(plan.steps);
    CHECK_FALSE(reads_all(plan));
    CHECK_FALSE(has(plan.steps, "Sort  ("));
    queries.insert(plan.query);
  }
  CHECK(queries.size() >= 12);
  const auto was_asked = [&](const char* part) {
    for (const std::string& query : queries)
      if (has(query, part)) return true;
    return false;
  };
  for (const char* part :
       {"ORDER BY t.seq LIMIT", "ORDER BY seq LIMIT", "ORDER BY t.seq DESC", "t.seq = ANY",
        "INSERT INTO forkmill.task_1_0", "INSERT INTO forkmill.outcome_1_0", "INSERT INTO forkmill.progression_1_0",
        "DELETE FROM forkmill.task_1_0", "INSERT INTO forkmill.record_1", "DELETE FROM forkmill.record_1"}) {
    CAPTURE(part);
    CHECK(was_asked(part));
  }
}

}  // namespace plans_test
