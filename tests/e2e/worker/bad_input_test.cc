// Mistakes of submitters and operators: each gets a clear error, and nothing is lost.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <fstream>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace bad_input_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace std::string_literals;

namespace {

constexpr auto kLong = 60s;

}  // namespace

TEST_CASE("undecodable arguments are an error of the task") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  // Breaks off, nothing at all, no array, too many, of another type, nested without end
  for (const std::string& payload :
       {"\x93\x01"s, ""s, "\xA1x"s, "\x92\xA1x\xA1y"s, "\x91\x07"s, std::string(10'000, '\x91')}) {
    try {
      client.with({.retry_errors = true}).submit_raw("rogue.echo", payload).get_for(kLong);
      FAIL("it cannot have succeeded");
    } catch (const RemoteError& error) {
      CHECK(error.code() == Errc::arguments_undecodable);
      CHECK_FALSE(error.message().empty());
      CHECK(error.attempt() == 1);
    }
  }
  CHECK(client.submit(kEcho, "still there").get_for(kLong) == "still there");
}

TEST_CASE("a task that no worker knows waits, is reported by the broker and harms no other task") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  client.submit(kEcho, "x").get_for(kLong);  // the worker is there
  constexpr Task<int(int)> kNobodys{"nobody.knows"};
  auto unknown = client.submit(kNobodys, 1);
  auto expiring = client.with({.expires = 50ms}).submit(kNobodys, 1);
  CHECK_THROWS_AS(expiring.get_for(kLong), Expired);
  CHECK(client.query(QueryKind::status).get_for(kLong).bytes.find("nobody.knows") != std::string::npos);
  CHECK(client.submit(kEcho, "still there").get_for(kLong) == "still there");
  CHECK_FALSE(unknown.ready());
  unknown.cancel();
  CHECK_THROWS_AS(unknown.get_for(kLong), Cancelled);
}

TEST_CASE("a submission with another signature is rejected, and never runs with wrong arguments") {
  Cluster cluster;
  Client client{cluster.endpoint()};
  constexpr Task<int(int)> kOther{"rogue.echo"};
  auto early = client.submit(kOther, 1);
  REQUIRE(eventually([&] { return early.state() == FutureState::accepted; }));
  cluster.start_worker();
  CHECK(client.submit(kEcho, "x").get_for(kLong) == "x");
  try {
    client.submit(kOther, 2).get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const Rejected& error) {
    CHECK(error.code() == Errc::signature_mismatch);
    CHECK(std::string{error.what()}.find("rogue.echo") != std::string::npos);
  }
  // A task that was accepted earlier waits for a worker with its signature, and the broker says so.
  CHECK_FALSE(early.ready());
  CHECK(client.query(QueryKind::status).get_for(kLong).bytes.find("rogue.echo") != std::string::npos);
  early.cancel();
  CHECK_THROWS_AS(early.get_for(kLong), Cancelled);
}

TEST_CASE("a worker without tasks or with wrong options says what is wrong and does not start") {
  Cluster cluster;
  CHECK(cluster.start_worker({}, FORKMILL_WORKER_PROGRAM).exit_code() == 2);
  CHECK(cluster.log().find("--allow-exec") != std::string::npos);
  const std::string file = cluster.path("worker.toml");
  std::ofstream{file} << "queues = [\"default\"]\nprocesess = 2\n";
  CHECK(cluster.start_worker({"--config", file}).exit_code() == 2);
  CHECK(cluster.log().find(file + ":2: unknown key 'procesess'") != std::string::npos);
  std::ofstream{file} << "log_level = \"info\"\n\ndrain_timeout = \"soon\"\n";
  CHECK(cluster.start_worker({"--config", file}).exit_code() == 2);
  CHECK(cluster.log().find(file + ":3: drain_timeout = 'soon': must be a duration") != std::string::npos);
}

}  // namespace bad_input_test
