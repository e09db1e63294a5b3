// Owners of a PostgreSQL store that lose it, and commits whose fate is unknown.
#include <doctest/doctest.h>

#include <future>
#include <set>
#include <utility>
#include <vector>

#include "broker/cluster/membership.h"
#include "broker/cluster/shard_orders.h"
#include "tests/e2e/cluster/postgres_proxy.h"
#include "tests/e2e/cluster/postgres_rig.h"
#include "tests/unit/store/store_samples.h"

namespace fencing_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using proto::CommitSeq;
using proto::TaskSeq;
using Cut = PostgresProxy::Cut;

namespace {

constexpr auto kLong = 60s;
constexpr std::uint64_t kSpan = std::uint64_t{1} << 20;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void open(PostgresStore& store) {
  const auto opened = store.open();
  REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.failure().text));
  REQUIRE(store.load([](const TaskSummary&) {}).ok());
}

proto::Status commit(PostgresStore& store, std::uint64_t number, const std::vector<StoreOp>& ops) {
  auto status = store.apply(ops);
  return status.ok() ? store.commit(CommitSeq{number}) : status;
}

std::string failure(const proto::Status& status) { return status.ok() ? "" : status.failure().text; }

std::string tasks_in(const PostgresServer& server) { return server.sql("SELECT count(*) FROM forkmill.task_1_0"); }

// Reports: the texts that a store reports, which any thread may read.
class Reports {
 public:
  std::function<void(const std::string&)> writer() {
    return [this](const std::string& text) {
      const std::lock_guard lock{mutex_};
      all_ += text + "\n";
    };
  }
  std::string all() const {
    const std::lock_guard lock{mutex_};
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::string all_;
};

// A primary and its synchronous standby.
class Pair {
 public:
  Pair() {
    primary_.start({"synchronous_standby_names="});
    standby_ = std::make_unique<PostgresServer>(PostgresServer::StandbyOf{primary_});
    standby_->start();
    primary_.restart({"synchronous_standby_names=*"});
    REQUIRE(eventually([&] { return primary_.sql("SELECT sync_state FROM pg_stat_replication") == "sync"; }));
  }
  PostgresServer& primary() { return primary_; }
  PostgresServer& standby() { return *standby_; }

 private:
  PostgresServer primary_;
  std::unique_ptr<PostgresServer> standby_;
};

PostgresOptions pair_options(const PostgresServer& primary) {
  auto options = store_options(primary.url());
  options.safety = CommitSafety::standby;
  return options;
}

// Waits until a session waits for the standby.
void await_replication_wait(const PostgresServer& primary) {
  REQUIRE(eventually(
      [&] { return primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != "0"; }));
}

}  // namespace

// ---- Other owners ---------------------------------------------------------------------------------------------------

TEST_CASE("a broker that was deposed commits nothing more, and says who has taken over") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto first = make_store(server.url());
  open(*first);
  REQUIRE(commit(*first, 1, {put(1)}).ok());
  const auto second = make_store(server.url());
  open(*second);
  const std::string why = failure(commit(*first, 2, {put(2)}));
  CHECK_MESSAGE(contains(why, "another broker has taken over (epoch 2, test "), why);
  CHECK(contains(why, "tcp://test:"));
  CHECK(tasks_in(server) == "1");
  CHECK(commit(*second, 2, {put(kSpan - 1)}).ok());
  CHECK(failure(first->still_owned()) == why);
}

TEST_CASE("of a thousand takeovers that race, each has an epoch of its own") {
  constexpr int kRacers = 8;
  constexpr int kTakeovers = 1000 / kRacers;
  PostgresServer& server = shared_server();
  clear(server);
  open(*make_store(server.url()));
  struct Race {
    std::set<std::uint64_t> epochs{};
    std::string trouble{};
  };
  const auto race = [](const std::vector<PostgresOptions>& takeovers) {
    Race found;
    for (const PostgresOptions& options : takeovers) {
      PostgresStore store{options};
      const auto opened = store.open();
      if (opened.ok())
        found.epochs.insert(opened->epoch.value());
      else
        found.trouble += opened.failure().text + "\n";
    }
    return found;
  };
  std::vector<std::future<Race>> racers;
  for (int i = 0; i < kRacers; ++i) {
    std::vector<PostgresOptions> takeovers;
    for (int takeover = 0; takeover < kTakeovers; ++takeover) takeovers.push_back(store_options(server.url()));
    racers.push_back(std::async(std::launch::async, race, std::move(takeovers)));
  }
  std::set<std::uint64_t> epochs;
  for (auto& racer : racers) {
    auto its = racer.get();
    CHECK(its.trouble == "");
    CHECK(its.epochs.size() == kTakeovers);
    epochs.merge(its.epochs);
    CHECK(its.epochs.empty());  // no epoch of another one
  }
  CHECK(server.sql("SELECT epoch FROM forkmill.shard") == std::to_string(1 + kRacers * kTakeovers));
}

TEST_CASE("a broker without work learns that it was deposed") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto first = make_store(server.url());
  open(*first);
  const auto second = make_store(server.url());
  open(*second);
  CHECK(eventually([&] { return contains(failure(first->still_owned()), "another broker has taken over"); }));
}

TEST_CASE("an owner that is stuck in a transaction does not keep others from taking over") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto first = make_store(server.url());
  open(*first);
  REQUIRE(first->apply(std::vector<StoreOp>{put(1)}).ok());
  REQUIRE(fetched(*first, {TaskSeq{1}}).size() == 1);  // in a transaction that is open from now on
  const auto second = make_store(server.url());
  open(*second);
  CHECK(summaries(*second).empty());
  CHECK(contains(failure(first->commit(CommitSeq{1})), "another broker has taken over"));
}

TEST_CASE("a row that another user's program has locked is waited for") {
  PostgresServer server;
  server.start();
  server.sql("CREATE ROLE plain LOGIN");
  server.sql("CREATE DATABASE queue OWNER plain");
  auto options = store_options("postgresql:///queue?user=plain&host=" + server.folder());
  {
    PostgresStore first{options};
    open(first);
  }
  Reports reports;
  options.owner = "the next one";
  options.warn = reports.writer();
  std::unique_ptr<PGconn, void (*)(PGconn*)> other{PQconnectdb(server.url("queue").c_str()), PQfinish};
  PQclear(PQexec(other.get(), "BEGIN; SELECT 1 FROM forkmill.shard FOR UPDATE"));
  PostgresStore second{options};
  auto opened = std::async(std::launch::async, [&] { return second.open().ok(); });
  CHECK(eventually([&] { return contains(reports.all(), "lock timeout"); }));
  CHECK(opened.wait_for(100ms) == std::future_status::timeout);
  other.reset();
  CHECK(opened.get());
}

TEST_CASE("a broker waits while the owner is alive, and follows at once when that one stops") {
  PostgresServer& server = shared_server();
  clear(server);
  auto first = make_store(server.url());
  open(*first);
  REQUIRE(commit(*first, 1, {put(1)}).ok());
  Reports reports;
  auto options = store_options(server.url());
  options.waits = true;
  options.standing_by = reports.writer();
  PostgresStore second{options};
  auto turn = std::async(std::launch::async, [&] { return second.await().value(); });
  REQUIRE(eventually([&] { return contains(reports.all(), "standing by: the tasks are owned by test "); }));
  CHECK(turn.wait_for(2 * kLease) == std::future_status::timeout);
  first.reset();
  CHECK(turn.get());
  open(second);
  CHECK(summaries(second).size() == 1);
}

TEST_CASE("a broker that stands by ends when it is stopped") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto first = make_store(server.url());
  open(*first);
  std::atomic<bool> stopped{false};
  auto options = store_options(server.url());
  options.waits = true;
  options.stopped = [&] { return stopped.load(); };
  PostgresStore second{options};
  auto turn = std::async(std::launch::async, [&] { return second.await().value(); });
  stopped = true;
  CHECK_FALSE(turn.get());
}

// ---- Commits whose fate is unknown ----------------------------------------------------------------------------------

TEST_CASE("a commit whose answer is lost is found, and not made twice") {
  PostgresServer& server = shared_server();
  clear(server);
  PostgresProxy proxy{server.folder()};
  const auto store = make_store(proxy.url());
  open(*store);
  proxy.cut(Cut::after_commit);
  CHECK(failure(commit(*store, 1, {put(1), put(2)})) == "");
  CHECK(proxy.cuts() == 1);
  CHECK(tasks_in(server) == "2");
  CHECK(server.sql("SELECT commit_number FROM forkmill.shard") == "1");
  CHECK(failure(commit(*store, 2, {put(3)})) == "");
  CHECK(summaries(*store).size() == 3);
}

TEST_CASE("a commit that the server did not get is made again, with all that was applied") {
  PostgresServer& server = shared_server();
  clear(server);
  PostgresProxy proxy{server.folder()};
  const auto store = make_store(proxy.url());
  open(*store);
  REQUIRE(store->apply(std::vector<StoreOp>{put(1)}).ok());
  REQUIRE(fetched(*store, {TaskSeq{1}}).size() == 1);
  REQUIRE(store->apply(std::vector<StoreOp>{put(2), put(kSpan + 1)}).ok());
  proxy.cut(Cut::before_commit, 3);
  CHECK(failure(store->commit(CommitSeq{1})) == "");
  CHECK(proxy.cuts() == 3);
  CHECK(summaries(*store).size() == 3);
}

TEST_CASE("a commit that reaches the server late, when its broker has made it again and later ones, changes nothing") {
  PostgresServer& server = shared_server();
  clear(server);
  PostgresProxy proxy{server.folder()};
  const auto store = make_store(proxy.url());
  open(*store);
  REQUIRE(commit(*store, 1, {put(1), record(2, "first")}).ok());
  proxy.cut(Cut::late);
  REQUIRE(failure(commit(*store, 2, {record(2, "second"), put(4)})) == "");
  REQUIRE(proxy.cuts() == 1);
  REQUIRE(failure(commit(*store, 3, {record(2, "third"), Forget{TaskSeq{4}}})) == "");
  const std::string answer = proxy.deliver_late();
  CHECK_MESSAGE(contains(answer, "FM003"), answer);
  CHECK(server.sql("SELECT commit_number FROM forkmill.shard") == "3");
  CHECK(failure(commit(*store, 4, {put(5)})) == "");
  CHECK(records(*store) == std::vector<PutRecord>{record(2, "third")});
  CHECK(summaries(*store).size() == 2);
}

TEST_CASE("a commit that reaches the server late, before its broker has made it again, is found") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto store = make_store(server.url());
  open(*store);
  REQUIRE(commit(*store, 1, {put(1)}).ok());
  // The row of the shard after such a commit, when the broker has looked at it already.
  server.sql("UPDATE forkmill.shard SET commit_number = 2");
  CHECK(failure(commit(*store, 2, {put(2)})) == "");
  CHECK(server.sql("SELECT commit_number FROM forkmill.shard") == "2");
  CHECK(failure(commit(*store, 3, {put(3)})) == "");
}

TEST_CASE("an opening whose answer is lost raises the epoch once") {
  PostgresServer& server = shared_server();
  clear(server);
  open(*make_store(server.url()));
  PostgresProxy proxy{server.folder()};
  const auto store = make_store(proxy.url());
  proxy.cut(Cut::after_commit, 2);  // the transaction of the schema, and this one
  open(*store);
  CHECK(server.sql("SELECT epoch FROM forkmill.shard") == "2");
}

TEST_CASE("sessions that an operator ends cost nothing") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto store = make_store(server.url());
  open(*store);
  for (std::uint64_t number = 1; number <= 5; ++number) {
    REQUIRE(store->apply(std::vector<StoreOp>{put(number)}).ok());
    if (number % 2 == 0) REQUIRE(fetched(*store, {TaskSeq{number}}).size() == 1);
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forkmill-broker'");
    CHECK(failure(store->commit(CommitSeq{number})) == "");
  }
  CHECK(summaries(*store).size() == 5);
}

TEST_CASE("while the server is away a commit waits, and is made when the server is back") {
  PostgresServer server;
  server.start();
  Reports reports;
  auto options = store_options(server.url());
  options.warn = reports.writer();
  options.note = reports.writer();
  PostgresStore store{options};
  open(store);
  REQUIRE(commit(store, 1, {put(1)}).ok());
  server.stop(SIGQUIT);
  auto second = std::async(std::launch::async, [&] { return failure(commit(store, 2, {put(2)})); });
  REQUIRE(eventually([&] { return contains(reports.all(), "the database is away: "); }));
  CHECK(second.wait_for(100ms) == std::future_status::timeout);
  server.start();
  CHECK(second.get() == "");
  CHECK(contains(reports.all(), "the database is back"));
  CHECK(summaries(store).size() == 2);
}

TEST_CASE("a broker that is stopped while the server is away ends") {
  PostgresServer server;
  server.start();
  auto store = make_store(server.url());
  open(*store);
  server.stop();
  auto waiting = std::async(std::launch::async, [&] { return failure(commit(*store, 1, {put(1)})); });
  store->hurry();
  CHECK(contains(waiting.get(), "the broker was stopped while the database was away"));
}

TEST_CASE("a broker that is stopped while it reads its tasks and the server is away ends") {
  PostgresServer server;
  server.start();
  {
    const auto before = make_store(server.url());
    open(*before);
    REQUIRE(commit(*before, 1, {put(1)}).ok());
  }
  std::atomic<bool> stopped{false};
  auto options = store_options(server.url());
  options.stopped = [&] { return stopped.load(); };
  PostgresStore store{options};
  REQUIRE(store.open().ok());
  server.stop();
  stopped = true;
  CHECK(contains(failure(store.load([](const TaskSummary&) {})), "the broker was stopped while the database was away"));
}

TEST_CASE("a server that lacks acknowledged commits is refused") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto store = make_store(server.url());
  open(*store);
  REQUIRE(commit(*store, 5, {put(1)}).ok());
  server.sql("UPDATE forkmill.shard SET commit_number = 4");
  server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forkmill-broker'");
  CHECK(contains(failure(commit(*store, 6, {put(2)})), "has commit 4 as the last one, and had acknowledged 5"));
}

// ---- The synchronous standby ----------------------------------------------------------------------------------------

TEST_CASE("nothing is acknowledged before the standby has it, also if something ends the server's wait") {
  Pair pair;
  PostgresServer& primary = pair.primary();
  auto options = pair_options(primary);
  bool ends_by_itself = false;
  std::string end_of_wait;
  SUBCASE("nothing") {}
  SUBCASE("an operator cancels it") { end_of_wait = "pg_cancel_backend"; }
  SUBCASE("an operator ends the session") { end_of_wait = "pg_terminate_backend"; }
  SUBCASE("the broker's own time limit") {
    options.answer = 300ms;
    ends_by_itself = true;
  }
  PostgresStore store{options};
  open(store);
  REQUIRE(commit(store, 1, {put(1)}).ok());
  pair.standby().signal_all(SIGSTOP);
  auto second = std::async(std::launch::async, [&] { return failure(commit(store, 2, {put(2)})); });
  await_replication_wait(primary);
  if (!end_of_wait.empty()) {
    primary.sql("SELECT " + end_of_wait + "(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    await_replication_wait(primary);  // that of the look whether the commit is there
  }
  CHECK(second.wait_for(ends_by_itself ? 2s : 200ms) == std::future_status::timeout);
  pair.standby().signal_all(SIGCONT);
  CHECK(second.get() == "");
  CHECK(tasks_in(primary) == "2");
  CHECK(eventually([&] { return tasks_in(pair.standby()) == "2"; }));
}

TEST_CASE("an order about a shard is not confirmed if something ends the server's wait for its standby") {
  Pair pair;
  auto options = pair_options(pair.primary());
  options.shards = 2;
  PostgresStore store{options};
  open(store);
  Membership broker{options, "tcp://a:7117"};
  static_cast<void>(broker.look());
  ShardOrders orders{options};
  REQUIRE(orders.handle({}).ok());
  pair.standby().signal_all(SIGSTOP);
  static_cast<void>(broker.look());
  auto moved = std::async(std::launch::async, [&] { return orders.handle({proto::MoveShard{2, "tcp://a:7117"}}); });
  await_replication_wait(pair.primary());
  pair.primary().sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  const auto result = moved.get();
  pair.standby().signal_all(SIGCONT);
  REQUIRE_FALSE(result.ok());
  CHECK_MESSAGE(contains(result.failure().text, "canceling wait for synchronous replication"), result.failure().text);
}

TEST_CASE("an owner that waits for its standby keeps its lease") {
  Pair pair;
  auto owner = std::make_unique<PostgresStore>(pair_options(pair.primary()));
  open(*owner);
  pair.standby().signal_all(SIGSTOP);
  auto commit_of_owner = std::async(std::launch::async, [&] { return failure(commit(*owner, 1, {put(1)})); });
  await_replication_wait(pair.primary());
  auto options = pair_options(pair.primary());
  options.waits = true;
  PostgresStore other{options};
  auto turn = std::async(std::launch::async, [&] { return other.await().ok(); });
  CHECK(turn.wait_for(2 * kLease) == std::future_status::timeout);
  pair.standby().signal_all(SIGCONT);
  CHECK(commit_of_owner.get() == "");
  owner.reset();
  CHECK(turn.get());
}

TEST_CASE("a server that no longer waits for standbys acknowledges nothing") {
  Pair pair;
  Reports reports;
  auto options = pair_options(pair.primary());
  options.warn = reports.writer();
  PostgresStore store{options};
  open(store);
  pair.primary().sql("ALTER SYSTEM SET synchronous_standby_names = ''");
  pair.primary().restart();  // without the flag of before
  auto waiting = std::async(std::launch::async, [&] { return failure(commit(store, 1, {put(1)})); });
  REQUIRE(eventually([&] { return contains(reports.all(), "synchronous_standby_names"); }));
  CHECK(waiting.wait_for(100ms) == std::future_status::timeout);
  pair.primary().sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  pair.primary().sql("SELECT pg_reload_conf()");
  CHECK(waiting.get() == "");
}

TEST_CASE("a store follows to the standby that was made the primary, and has all that was acknowledged") {
  Pair pair;
  auto options = store_options("postgresql:///postgres?user=forkmill&host=" + pair.primary().folder() + "," +
                               pair.standby().folder());
  PostgresStore store{options};
  open(store);
  for (std::uint64_t number = 1; number <= 20; ++number) REQUIRE(commit(store, number, {put(number)}).ok());
  pair.primary().stop(SIGQUIT);
  auto next = std::async(std::launch::async, [&] { return failure(commit(store, 21, {put(21)})); });
  CHECK(next.wait_for(300ms) == std::future_status::timeout);
  pair.standby().sql("SELECT pg_promote()");
  CHECK(next.get() == "");
  CHECK(summaries(store).size() == 21);
}

// ---- Space ----------------------------------------------------------------------------------------------------------

TEST_CASE("tables of numbers that are all gone are dropped as a whole") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto tables = [&] { return server.sql("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'task_1_%'"); };
  auto store = make_store(server.url());
  open(*store);
  REQUIRE(commit(*store, 1, {put(1), put(2)}).ok());
  REQUIRE(commit(*store, 2, {put(kSpan + 1)}).ok());
  CHECK(tables() == "2");
  store.reset();
  store = make_store(server.url());
  open(*store);
  REQUIRE(commit(*store, 3, {Forget{TaskSeq{1}}}).ok());
  CHECK(tables() == "2");
  REQUIRE(commit(*store, 4, {Forget{TaskSeq{2}}}).ok());
  CHECK(tables() == "1");
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{kSpan + 1}}).size() == 1);
  CHECK(failure(commit(*store, 5, {Forget{TaskSeq{1}}, put(kSpan + 2)})) == "");
  CHECK(scanned(*store, ~std::uint64_t{0}, 9) == std::vector<TaskSeq>{TaskSeq{kSpan + 2}, TaskSeq{kSpan + 1}});
}

}  // namespace fencing_test
