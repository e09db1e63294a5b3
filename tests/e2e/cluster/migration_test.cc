// Tasks of a data directory that move into a database.
#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "broker/enrolment/book_table.h"
#include "broker/store/journal/journal_store.h"
#include "broker/store/maintenance/migration.h"
#include "tests/e2e/cluster/postgres_rig.h"
#include "tests/folder.h"
#include "tests/unit/store/store_samples.h"

namespace migration_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace forkmill::broker;
using namespace forkmill::broker::test;
using proto::Attempt;
using proto::CommitSeq;
using proto::milliseconds;
using proto::TaskSeq;

namespace {

std::string failure_of(const proto::Result<MigrationReport>& report) {
  return report.ok() ? "" : report.failure().text;
}

// Everything that a store has.
struct Contents {
  std::vector<StoredTask> tasks;
  std::vector<PutRecord> records;
};
Contents contents(Store& store) {
  std::vector<TaskSeq> seqs;
  for (const TaskSummary& task : summaries(store)) seqs.push_back(task.seq);
  return {fetched(store, seqs), records(store)};
}

}  // namespace

TEST_CASE("a migration copies everything that a data directory has, and goes on with its numbers") {
  PostgresServer& server = shared_server();
  clear(server);
  const tests::Folder folder;
  const std::string data = folder.path("data");
  Store::Identity before;
  Contents expected;
  {
    JournalStore source{{{data, "the-store"}, 1}};
    REQUIRE(source.open().ok());
    std::vector<StoreOp> ops;
    for (std::uint64_t n = 1; n <= 1000; ++n) ops.emplace_back(put(n));
    ops.emplace_back(Reschedule{TaskSeq{2}, Attempt{1}, milliseconds{9000}});
    ops.emplace_back(Dispatch{TaskSeq{4}, Attempt{1}});
    ops.emplace_back(Reschedule{TaskSeq{5}, Attempt{2}, milliseconds{7000}});
    ops.emplace_back(Dispatch{TaskSeq{5}, Attempt{3}});
    ops.emplace_back(Finish{TaskSeq{6},
                            {proto::OutcomeKind::succeeded, Attempt{1}, "w", proto::Payload::copy("42"), {}},
                            milliseconds{5000}});
    ops.emplace_back(Forget{TaskSeq{7}});
    ops.emplace_back(Requeue{TaskSeq{8}, "other", 5});
    ops.emplace_back(record(1001, "a record"));
    REQUIRE(source.apply(ops).ok());
    REQUIRE(source.commit(CommitSeq{70}).ok());
  }
  {
    JournalStore source{{{data, "the-store"}, 1}};
    before = source.open().value();
    expected = contents(source);
  }
  const auto report = migrate_to(data, store_options(server.url()), [&]() -> std::string {
    CHECK_FALSE(JournalStore{{{data, "another"}, 1}}.open().ok());  // no broker changes the keys meanwhile
    return "keys that have come of invitations\n";
  });
  REQUIRE(failure_of(report) == "");
  std::string keys;
  BookTable{store_options(server.url())}.read([&](const std::string& text) { keys = text; });
  CHECK(keys == "keys that have come of invitations\n");
  CHECK(report->tasks == 999);
  CHECK(report->outcomes == 1);
  CHECK(report->records == 1);
  const auto store = make_store(server.url());
  const auto after = store->open().value();
  CHECK(after.id == "the-store");
  CHECK(after.epoch > before.epoch);
  CHECK(after.last > before.last);
  CHECK(after.last_seq > before.last_seq);
  const Contents found = contents(*store);
  CHECK(found.tasks == expected.tasks);
  CHECK(found.records == expected.records);
  CHECK(failure_of(migrate_to(data, store_options(server.url()))).find("has schema forkmill already") !=
        std::string::npos);
}

TEST_CASE("a migration that is stopped says what to do, and brokers refuse what it has copied") {
  PostgresServer& server = shared_server();
  clear(server);
  const tests::Folder folder;
  const std::string data = folder.path("data");
  {
    JournalStore source{{{data, "the-store"}, 1}};
    REQUIRE(source.open().ok());
    REQUIRE(source.apply(std::vector<StoreOp>{put(1)}).ok());
    REQUIRE(source.commit(CommitSeq{1}).ok());
  }
  auto options = store_options(server.url());
  options.stopped = [&server] {  // once the migration owns the database
    try {
      return !server.sql("SELECT owner FROM forkmill.shard").empty();
    } catch (const std::runtime_error&) {
      return false;  // there is no schema
    }
  };
  CHECK(failure_of(migrate_to(data, options)).find("DROP SCHEMA forkmill CASCADE") != std::string::npos);
  const auto opened = make_store(server.url())->open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.failure().text.find("a migration that was not completed") != std::string::npos);
}

TEST_CASE("a migration of what is no data directory leaves the database as it is, and half of one is refused") {
  PostgresServer& server = shared_server();
  clear(server);
  const tests::Folder folder;
  const std::string data = folder.path("data");
  const auto unreadable = []() -> std::string { throw StoreError{"the keys cannot be read"}; };
  const std::string none = failure_of(migrate_to(data, store_options(server.url())));
  CHECK(none.find("there is no data directory") != std::string::npos);
  CHECK(server.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'forkmill'") == "0");
  { REQUIRE(JournalStore{{{data, "the-store"}, 1}}.open().ok()); }
  CHECK(failure_of(migrate_to(data, store_options(server.url()), unreadable)) == "the keys cannot be read");
  CHECK(server.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'forkmill'") == "0");
  REQUIRE(failure_of(migrate_to(data, store_options(server.url()))) == "");
  server.sql("UPDATE forkmill.cluster SET name = name || ' (a migration that was not completed)'");
  const auto opened = make_store(server.url())->open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.failure().text.find("a migration that was not completed") != std::string::npos);
}

TEST_CASE("a schema of the first version is converted, and its tasks can move to other queues") {
  PostgresServer& server = shared_server();
  clear(server);
  const std::vector<StoreOp> two{put(1), put(2), Reschedule{TaskSeq{2}, Attempt{1}, milliseconds{9000}}};
  {
    const auto store = make_store(server.url());
    REQUIRE(store->open().ok());
    REQUIRE(store->apply(two).ok());
    REQUIRE(store->commit(CommitSeq{1}).ok());
  }
  server.sql(
      "ALTER TABLE forkmill.progression_1_0 DROP COLUMN requeued; DROP FUNCTION forkmill.create_span;"
      "ALTER FUNCTION forkmill.create_span_1 RENAME TO create_span; DROP TABLE forkmill.broker, forkmill.placement,"
      "forkmill.key_book; DROP FUNCTION forkmill.assert_follows;"
      "ALTER TABLE forkmill.cluster DROP COLUMN shards; UPDATE forkmill.cluster SET version = 1");
  const auto store = make_store(server.url());
  REQUIRE(store->open().ok());
  REQUIRE(store->apply(std::vector<StoreOp>{Requeue{TaskSeq{2}, "other", 5}}).ok());
  REQUIRE(store->commit(CommitSeq{2}).ok());
  PutTask moved = put(2);
  set_queue(moved.spec, {TaskSeq{2}, "other", 5});
  CHECK(fetched(*store, {TaskSeq{1}, TaskSeq{2}}) ==
        std::vector<StoredTask>{{put(1), {}, {}}, {moved, {Attempt{1}, milliseconds{9000}, false}, {}}});
  clear(server);
}

TEST_CASE("a broker that stands by converts the schema, and the owner goes on, until it stops") {
  PostgresServer& server = shared_server();
  clear(server);
  auto owner = make_store(server.url());
  const auto commit = [](PostgresStore& store, std::uint64_t number) {
    REQUIRE(store.apply(std::vector<StoreOp>{put(number)}).ok());
    const auto status = store.commit(CommitSeq{number});
    CHECK_MESSAGE(status.ok(), (status.ok() ? "" : status.failure().text));
  };
  REQUIRE(owner->open().ok());
  commit(*owner, 1);
  server.sql(
      "DROP TABLE forkmill.key_book; DROP FUNCTION forkmill.assert_follows; UPDATE forkmill.cluster SET version = 3");
  auto options = store_options(server.url());
  options.waits = true;
  std::atomic<bool> stands_by{false};
  options.standing_by = [&](const std::string&) { stands_by = true; };
  PostgresStore next{options};
  auto turn = std::async(std::launch::async, [&] { return next.await().value(); });
  REQUIRE(eventually([&] { return stands_by.load(); }));
  CHECK(server.sql("SELECT version FROM forkmill.cluster") != "3");
  commit(*owner, 2);
  owner.reset();
  CHECK(turn.get());
  REQUIRE(next.open().ok());
  CHECK(summaries(next).size() == 2);
  clear(server);
}

}  // namespace migration_test
