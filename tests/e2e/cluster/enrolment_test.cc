// Invitations of brokers that share a PostgreSQL database.
#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

#include "broker/enrolment/book_table.h"
#include "broker/enrolment/key_book.h"
#include "tests/e2e/cluster/postgres_proxy.h"
#include "tests/e2e/cluster/postgres_rig.h"

namespace enrolment_test {

using namespace forkmill;
using namespace forkmill::broker;
using namespace forkmill::test;

namespace {

constexpr milliseconds kNow{1'700'000'000'000};

proto::Key key(std::uint8_t number) {
  proto::Key key;
  key.bytes.fill(number);
  return key;
}

// Returns how the change has ended.
proto::Status change(BookTable& table, const std::function<proto::Status(KeyBook&)>& make) {
  proto::Status status;
  table.change([&](const std::string& text) -> std::optional<std::string> {
    auto book = KeyBook::parse(text, "book").value();
    status = make(book);
    return status.ok() ? std::optional{book.text()} : std::nullopt;
  });
  return status;
}

proto::Status invite(BookTable& table, std::uint8_t number) {
  return change(table, [&](KeyBook& book) {
    const auto made = make_invitation(key(number), kNow + std::chrono::hours{1}, "bob",
                                      {"worker-" + std::to_string(number), "worker", ""});
    return book.invite(made.value(), {}, kNow);
  });
}

proto::Status enrol(BookTable& table, std::uint8_t number, std::uint8_t own) {
  return change(table, [&](KeyBook& book) { return book.enrol(key(number), key(own), {}, kNow); });
}

// Returns the text of the book if it is to be taken.
std::optional<std::string> read(BookTable& table) {
  std::optional<std::string> taken;
  table.read([&](const std::string& text) { taken = text; });
  return taken;
}

}  // namespace

TEST_CASE("an invitation that was spent at one broker is spent at all others, and outlives them") {
  PostgresServer& server = shared_server();
  clear(server);
  BookTable one{store_options(server.url())};
  CHECK(read(one) == "");
  REQUIRE(invite(one, 1).ok());
  {
    BookTable other{store_options(server.url())};
    const auto text = read(other);
    REQUIRE(text.has_value());
    CHECK(KeyBook::parse(*text, "book")->find(key(1)) != nullptr);
    CHECK_FALSE(read(other).has_value());
    REQUIRE(enrol(one, 1, 2).ok());
    CHECK_FALSE(read(one).has_value());
    CHECK(read(other).has_value());
    CHECK(enrol(other, 1, 3).code() == Errc::invitation_spent);
    CHECK(enrol(other, 1, 2).ok());
  }
  BookTable later{store_options(server.url())};
  CHECK(enrol(later, 1, 3).code() == Errc::invitation_spent);
}

TEST_CASE("of brokers that enrol at the same time with one invitation, one succeeds") {
  PostgresServer& server = shared_server();
  clear(server);
  BookTable first{store_options(server.url())};
  for (std::uint8_t round = 1; round <= 5; ++round) {
    REQUIRE(invite(first, round).ok());
    std::atomic<int> enrolled{0};
    std::atomic<int> spent{0};
    std::vector<std::thread> brokers;
    for (std::uint8_t i = 0; i < 4; ++i)
      brokers.emplace_back([&, i, options = store_options(server.url())] {
        BookTable table{options};
        const auto status = enrol(table, round, static_cast<std::uint8_t>(50 + 10 * round + i));
        enrolled += status.ok() ? 1 : 0;
        spent += status.code() == Errc::invitation_spent ? 1 : 0;
      });
    for (std::thread& one : brokers) one.join();
    CHECK(enrolled == 1);
    CHECK(spent == 3);
  }
}

TEST_CASE("an enrolment is confirmed when the standby has it, also if it is repeated after its outcome was lost") {
  PostgresServer primary;
  primary.start({"synchronous_standby_names="});
  PostgresServer standby{PostgresServer::StandbyOf{primary}};
  standby.start();
  const auto await_standbys = [&](const std::string& names) {
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    primary.sql("SELECT pg_reload_conf()");
  };
  primary.restart();
  await_standbys("*");
  REQUIRE(eventually([&] { return primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync"; }));
  auto options = store_options(primary.url());
  options.safety = CommitSafety::standby;
  BookTable table{options};
  REQUIRE(invite(table, 1).ok());
  const auto waits = [&] {
    return primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != "0";
  };
  standby.signal_all(SIGSTOP);
  auto first = std::async(std::launch::async, [&] { return enrol(table, 1, 2); });
  REQUIRE(eventually(waits));
  primary.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  CHECK_THROWS_AS((void)first.get(), std::runtime_error);
  const auto text = read(table);
  REQUIRE(text.has_value());
  REQUIRE(KeyBook::parse(*text, "book")->find(key(1))->key == key(2));  // which the standby does not have
  auto again = std::async(std::launch::async, [&] { return enrol(table, 1, 2); });
  REQUIRE(eventually(waits));
  CHECK(again.wait_for(std::chrono::milliseconds{200}) == std::future_status::timeout);
  standby.signal_all(SIGCONT);
  CHECK(again.get().ok());
  CHECK(enrol(table, 1, 3).code() == Errc::invitation_spent);
  // Without a standby to wait for, nothing is confirmed.
  await_standbys("");
  CHECK(eventually([&] {
    try {
      return !enrol(table, 1, 2).ok();
    } catch (const std::runtime_error& error) {
      CHECK(std::string{error.what()}.find("synchronous_standby_names is empty") != std::string::npos);
      return true;
    }
  }));
  // A wait that ends because there is no standby any longer confirms nothing.
  await_standbys("*");
  REQUIRE(eventually([&] { return primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync"; }));
  CHECK(enrol(table, 1, 2).ok());
  standby.signal_all(SIGSTOP);
  auto released = std::async(std::launch::async, [&] { return enrol(table, 1, 2); });
  REQUIRE(eventually(waits));
  await_standbys("");
  CHECK_THROWS_AS((void)released.get(), std::runtime_error);
  standby.signal_all(SIGCONT);
}

TEST_CASE("a book that makes no sense to its reader is read again until it does") {
  PostgresServer& server = shared_server();
  clear(server);
  BookTable table{store_options(server.url())};
  REQUIRE(invite(table, 1).ok());
  BookTable other{store_options(server.url())};
  const auto refuse = [](const std::string&) { throw std::runtime_error{"no sense"}; };
  CHECK_THROWS_WITH_AS(other.read(refuse), "no sense", std::runtime_error);
  CHECK_THROWS_WITH_AS(other.read(refuse), "no sense", std::runtime_error);
  CHECK(read(other).has_value());
  CHECK_FALSE(read(other).has_value());
}

TEST_CASE("a broker that is cut off within a change of the book does not keep others from changing it") {
  PostgresServer& server = shared_server();
  clear(server);
  PostgresProxy proxy{server.folder()};
  BookTable lost{store_options(proxy.url())};
  REQUIRE(invite(lost, 1).ok());
  proxy.cut(PostgresProxy::Cut::late);  // the server waits for the end of the transaction
  CHECK_THROWS_AS((void)enrol(lost, 1, 2), std::runtime_error);
  BookTable other{store_options(server.url())};
  CHECK(enrol(other, 1, 3).ok());
}

TEST_CASE("a book goes on after its connection to the database was lost") {
  PostgresServer& server = shared_server();
  clear(server);
  BookTable table{store_options(server.url())};
  REQUIRE(invite(table, 1).ok());
  server.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
      "current_database()");
  CHECK_THROWS_AS(read(table), std::runtime_error);
  CHECK(enrol(table, 1, 2).ok());
}

}  // namespace enrolment_test
