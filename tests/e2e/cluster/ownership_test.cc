// Who owns the tasks after an outage: what a broker finds when its server was replaced, waits for no standby any
// longer, or was away for longer than a lease.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "broker/cluster/membership.h"
#include "broker/cluster/shard_orders.h"
#include "tests/e2e/cluster/postgres_rig.h"
#include "tests/unit/store/store_samples.h"

namespace ownership_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using proto::CommitSeq;

namespace {

void open_and_load(PostgresStore& store) {
  const auto opened = store.open();
  REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.failure().text));
  REQUIRE(store.load([](const TaskSummary&) {}).ok());
}

// Returns why the commit has failed; empty: it has not.
std::string commit_one(PostgresStore& store, std::uint64_t number) {
  auto status = store.apply(std::vector<StoreOp>{put(number)});
  if (status.ok()) status = store.commit(CommitSeq{number});
  return status.ok() ? "" : status.failure().text;
}

void end_sessions_of_brokers(const PostgresServer& server) {
  server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'forkmill-broker'");
}

}  // namespace

TEST_CASE("an epoch that a restored server has given out a second time belongs to the broker that it names") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto store = make_store(server.url());
  open_and_load(*store);
  REQUIRE(commit_one(*store, 1) == "");
  server.sql("UPDATE forkmill.shard SET owner = 'a broker that took over after the restore'");
  end_sessions_of_brokers(server);
  CHECK(commit_one(*store, 2).find("another broker has taken over (epoch 1, a broker that") != std::string::npos);
}

TEST_CASE("an owner whose epoch the server does not know any longer says that the server was replaced") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto store = make_store(server.url());
  open_and_load(*store);
  REQUIRE(commit_one(*store, 1) == "");
  server.sql("UPDATE forkmill.shard SET epoch = 0");
  end_sessions_of_brokers(server);
  CHECK(commit_one(*store, 2).find("it was replaced by a server that lacks commits") != std::string::npos);
}

TEST_CASE("a takeover counts only if the server waits for a standby") {
  PostgresServer primary;
  primary.start({"synchronous_standby_names="});
  PostgresServer standby{PostgresServer::StandbyOf{primary}};
  standby.start();
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  primary.restart();
  auto options = store_options(primary.url());
  options.safety = CommitSafety::standby;
  auto first = std::make_unique<PostgresStore>(options);
  open_and_load(*first);
  options = store_options(primary.url());
  options.safety = CommitSafety::standby;
  options.waits = true;
  std::atomic<bool> waits{false};
  options.standing_by = [&](const std::string&) { waits = true; };
  PostgresStore second{options};
  auto turn = std::async(std::launch::async, [&] { return second.await().ok(); });
  REQUIRE(eventually([&] { return waits.load(); }));
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = ''");
  primary.sql("SELECT pg_reload_conf()");
  REQUIRE(eventually([&] { return primary.sql("SHOW synchronous_standby_names").empty(); }));
  first.reset();
  CHECK(turn.wait_for(2 * kLease) == std::future_status::timeout);
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  primary.sql("SELECT pg_reload_conf()");
  CHECK(turn.get());
}

TEST_CASE("an owner whose process has died is followed although its lease lasts") {
  PostgresServer& server = shared_server();
  clear(server);
  open_and_load(*make_store(server.url()));
  server.sql("UPDATE forkmill.shard SET owner = 'a broker that dies'");
  const auto renew = [&] { server.sql("UPDATE forkmill.lease SET lease_until = clock_timestamp() + interval '2 s'"); };
  renew();
  const std::jthread renewal{[&](const std::stop_token& stop) {
    while (!tests::stopped_within(stop, kLeaseRenewal)) renew();
  }};
  std::unique_ptr<PGconn, void (*)(PGconn*)> owner{PQconnectdb(server.url().c_str()), PQfinish};
  PQclear(PQexec(owner.get(), "SELECT pg_advisory_lock_shared(26221, 1)"));
  auto options = store_options(server.url());
  options.waits = true;
  PostgresStore other{options};
  auto turn = std::async(std::launch::async, [&] { return other.await().value(); });
  CHECK(turn.wait_for(2 * kAbsence) == std::future_status::timeout);
  owner.reset();
  CHECK(turn.get());
}

TEST_CASE("a lease does not last for longer because the clock of the server was set back") {
  PostgresServer& server = shared_server();
  clear(server);
  open_and_load(*make_store(server.url()));
  SUBCASE("that of an owner which is paused") {
    server.sql("UPDATE forkmill.shard SET owner = 'a broker that is paused'");
    std::unique_ptr<PGconn, void (*)(PGconn*)> owner{PQconnectdb(server.url().c_str()), PQfinish};
    PQclear(PQexec(owner.get(), "SELECT pg_advisory_lock_shared(26221, 1)"));
    server.sql("UPDATE forkmill.lease SET lease_until = clock_timestamp() + interval '1 hour'");
    auto options = store_options(server.url());
    options.waits = true;
    PostgresStore other{options};
    CHECK(other.await().value());
  }
  SUBCASE("that of a broker which is started again") {
    Membership killed{store_options(server.url()), "tcp://a:7117"};
    static_cast<void>(killed.look());
    Membership started{store_options(server.url()), "tcp://a:7117"};
    CHECK_THROWS_AS(static_cast<void>(started.look()), Membership::NameTaken);
    server.sql("UPDATE forkmill.broker SET lease_until = clock_timestamp() + interval '1 hour'");
    CHECK(started.look().view.brokers.size() == 1);
  }
}

TEST_CASE("attempts to bring the schema up do not leave sessions behind while another one does") {
  PostgresServer& server = shared_server();
  clear(server);
  constexpr const char* kSchemaLock = "7381244120006225004";
  std::unique_ptr<PGconn, void (*)(PGconn*)> other{PQconnectdb(server.url().c_str()), PQfinish};
  PQclear(PQexec(other.get(), (std::string{"SELECT pg_advisory_lock("} + kSchemaLock + ")").c_str()));
  auto options = store_options(server.url());
  std::atomic<bool> has_given_up{false};
  options.warn = [&](const std::string& text) { has_given_up = text.find("lock timeout") != std::string::npos; };
  PostgresStore store{options};
  auto turn = std::async(std::launch::async, [&] { return store.await().value(); });
  const std::string waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  CHECK(eventually([&] { return server.sql(waiting) == "1"; }));
  CHECK(eventually([&] { return has_given_up.load(); }));
  CHECK(eventually([&] { return server.sql(waiting) == "1"; }));
  other.reset();
  CHECK(turn.get());
}

TEST_CASE("an owner keeps the tasks over an outage of the server that lasts longer than its lease") {
  PostgresServer server;
  server.start();
  const auto owner = make_store(server.url());
  open_and_load(*owner);
  auto options = store_options(server.url());
  options.waits = true;
  std::atomic<bool> waits{false};
  options.standing_by = [&](const std::string&) { waits = true; };
  std::atomic<bool> stopped{false};
  options.stopped = [&] { return stopped.load(); };
  PostgresStore other{options};
  auto turn = std::async(std::launch::async, [&] { return other.await().value(); });
  REQUIRE(eventually([&] { return waits.load(); }));
  server.stop(SIGQUIT);
  std::this_thread::sleep_for(kLease + kLeaseRenewal);  // the lease has run out for certain
  server.start();
  CHECK(commit_one(*owner, 1) == "");
  CHECK(turn.wait_for(2 * kLease) == std::future_status::timeout);
  CHECK(commit_one(*owner, 2) == "");
  stopped = true;
  CHECK_FALSE(turn.get());
}

TEST_CASE("shards in one database have tasks, records and owners of their own") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto shard = [&](std::uint64_t number) {
    auto options = store_options(server.url());
    options.shards = 3;
    options.shard = number;
    return std::make_unique<PostgresStore>(options);
  };
  const auto first = shard(1);
  const auto third = shard(3);
  open_and_load(*first);
  open_and_load(*third);
  REQUIRE(commit_one(*first, 1) == "");
  REQUIRE(third->apply(std::vector<StoreOp>{put(1), put(2), PutRecord{proto::TaskSeq{3}, "a record"}}).ok());
  REQUIRE(third->commit(CommitSeq{1}).ok());
  const auto count = [&](const char* table) {
    return server.sql("SELECT count(*) FROM forkmill." + std::string{table});
  };
  CHECK(count("task_1_0") == "1");
  CHECK(count("task_3_0") == "2");
  CHECK(count("record_1") == "0");
  CHECK(count("record_3") == "1");
  CHECK(server.sql("SELECT string_agg(store, ' ' ORDER BY id) FROM forkmill.shard") == "store-1 store-1-2 store-1-3");
  SUBCASE("a takeover of one that finds its row locked leaves the transactions of the others alone") {
    REQUIRE(first->apply(std::vector<StoreOp>{put(2)}).ok());
    REQUIRE(first->scan(proto::TaskSeq{2}, [](const StoredTask&) { return false; }).ok());  // leaves a transaction open
    REQUIRE(third->apply(std::vector<StoreOp>{put(4)}).ok());
    REQUIRE(third->scan(proto::TaskSeq{2}, [](const StoredTask&) { return false; }).ok());
    const auto process = [&](int number) {
      return server.sql(
          "SELECT string_agg(pid::text, ',' ORDER BY pid) FROM pg_stat_activity WHERE application_name = "
          "'forkmill-broker shard " +
          std::to_string(number) + "' AND state = 'idle in transaction'");
    };
    const std::string of_first = process(1);
    REQUIRE(of_first != "");
    REQUIRE(process(3) != "");
    open_and_load(*shard(3));
    CHECK(process(3) == "");
    CHECK(process(1) == of_first);
    CHECK(first->commit(CommitSeq{2}).ok());
    CHECK(commit_one(*third, 2).find("another broker has taken over") != std::string::npos);
  }
  SUBCASE("the number of shards cannot be changed") {
    const auto opened = make_store(server.url())->open();
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.failure().text.find("this cluster was made with 3 shards, which cannot be changed") !=
          std::string::npos);
    CHECK(opened.failure().text.find("give --shards 3, or begin a cluster in another database with --shards 1") !=
          std::string::npos);
    CHECK(opened.failure().text.find("let this one run empty") != std::string::npos);
  }
  clear(server);
}

TEST_CASE("questions about shards are answered also after the session for them has ended") {
  PostgresServer& server = shared_server();
  clear(server);
  const auto store = make_store(server.url());
  open_and_load(*store);
  ShardOrders orders{store_options(server.url())};
  const auto shards = [&] {
    const auto view = orders.handle({});
    REQUIRE_MESSAGE(view.ok(), (view.ok() ? "" : view.failure().text));
    return view->shards.size();
  };
  CHECK(shards() == 1);
  end_sessions_of_brokers(server);
  CHECK(shards() == 1);
  const auto order = orders.handle({proto::MoveShard{2, ""}});
  REQUIRE(!order.ok());
  CHECK(order.failure().text.find("no shard 2") != std::string::npos);
  ShardOrders lost{store_options("postgresql://127.0.0.1:1/forkmill")};
  const auto unanswered = lost.handle({});
  REQUIRE(!unanswered.ok());
  CHECK(unanswered.failure().text.find("the database has not answered") == 0);
}

}  // namespace ownership_test
