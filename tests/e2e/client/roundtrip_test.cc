// Client, broker and a worker's side, for real: what a user sees.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <numeric>

#include "tests/e2e/client/broker_process.h"
#include "tests/e2e/client/fake_worker.h"

using namespace forkmill;
using namespace std::chrono_literals;

namespace {

constexpr Task<double(double, double)> kAdd{"math.add"};
constexpr Task<std::string(std::string)> kEcho{"test.echo"};
constexpr Task<void()> kNothing{"test.nothing"};
constexpr Task<int(int)> kFail{"test.fail"};

struct Rig {
  Rig() : worker{broker.endpoint()} {
    worker.on(kAdd, [](double a, double b) { return a + b; });
    worker.on(kEcho, [](std::string text) { return text; });
    worker.on(kNothing, [] {});
    worker.on_raw("test.fail", kFail.signature(), [](tests::FakeWorker& me, const proto::GrantedTask& task) {
      me.progress(task, 0.5, "half");
      proto::Outcome outcome;
      outcome.kind = proto::OutcomeKind::failed;
      outcome.error = proto::ErrorReport{Errc::handler_error, "std::out_of_range", "at", "", "", {}};
      return outcome;
    });
    worker.start();
  }
  tests::BrokerProcess broker;
  tests::FakeWorker worker;
  Client client{broker.endpoint()};
};

}  // namespace

TEST_CASE_FIXTURE(Rig, "a result, a void result and a chain") {
  CHECK(client.submit(kAdd, 2.0, 3.0).get() == 5.0);
  client.submit(kNothing).get();
  auto text = client.submit(kAdd, 1, 1).then([](double value) { return std::to_string(value); });
  CHECK(text.get_for(30s) == "2.000000");
}

TEST_CASE_FIXTURE(Rig, "a large argument and result travel whole") {
  const std::string large(3'000'000, 'x');
  CHECK(client.submit(kEcho, large).get() == large);
}

TEST_CASE_FIXTURE(Rig, "the handler's error arrives with type, message, worker and attempt") {
  auto failing = client.submit(kFail, 1);
  try {
    failing.get();
    FAIL("no error");
  } catch (const RemoteError& error) {
    CHECK(error.type() == "std::out_of_range");
    CHECK(error.message() == "at");
    CHECK(error.worker() == "fake");
    CHECK(error.attempt() == 1);
    CHECK(error.code() == Errc::handler_error);
  }
  CHECK(failing.state() == FutureState::failed);
  REQUIRE(failing.progress().has_value());
  CHECK(failing.progress()->note == "half");
}

TEST_CASE_FIXTURE(Rig, "ten thousand by map, as they complete") {
  std::vector<std::pair<double, double>> pairs(10'000, {1.0, 2.0});
  double sum = 0;
  for (auto& done : as_completed(client.map(kAdd, pairs))) sum += done.get();
  CHECK(sum == 30'000.0);
}

TEST_CASE_FIXTURE(Rig, "attach finds the result from another client") {
  auto future = client.submit(kAdd, 20, 22);
  future.get();
  Client other{broker.endpoint()};
  CHECK(other.attach<double>(future.id()).get() == 42.0);
  CHECK_THROWS_AS(other.attach<double>(TaskId::make(1, 2, 3)).get(), Rejected);
}

TEST_CASE_FIXTURE(Rig, "cancel of a task that waits") {
  auto waiting = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  CHECK(client.cancel(waiting.id()).get() == CancelState::cancelled);
  CHECK_THROWS_AS(waiting.get(), Cancelled);
  auto second = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  second.cancel();
  CHECK_THROWS_AS(second.get(), Cancelled);
  CHECK(client.cancel(TaskId::make(1, 2, 3)).get() == CancelState::unknown);
}

TEST_CASE_FIXTURE(Rig, "queries") {
  CHECK(client.query(QueryKind::ping).get_for(30s).bytes.size() > 0);
  CHECK_THROWS_AS(client.query(QueryKind::task, "0190163d-8694-739b-aea5-966c26f8ad91").get_for(30s), Rejected);
}

TEST_CASE_FIXTURE(Rig, "a broker that restarts: unacknowledged work is done, forgotten work ends") {
  CHECK(client.submit(kAdd, 1, 1).get() == 2);
  auto delayed = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  while (delayed.state() != FutureState::accepted) std::this_thread::yield();
  broker.end(SIGKILL);
  auto meanwhile = client.submit(kAdd, 3, 4);
  CHECK_THROWS_AS(meanwhile.get_for(10ms), Timeout);
  broker.start();
  CHECK(meanwhile.get_for(60s) == 7);
  CHECK_THROWS_AS(delayed.get_for(60s), Disconnected);
}

TEST_CASE("nobody there: get_for says so, close ends everything") {
  Client client{"ipc:///tmp/forkmill-nobody-here"};
  auto future = client.submit(kAdd, 1, 2);
  try {
    future.get_for(20ms);
    FAIL("no timeout");
  } catch (const Timeout& error) {
    CHECK(error.code() == Errc::timeout);
    CHECK(std::string{error.what()}.find("does not answer") != std::string::npos);
  }
  CHECK_FALSE(client.connected());
  client.close();
  CHECK_THROWS_AS(future.get(), Disconnected);
  CHECK_THROWS_AS((void)client.submit(kAdd, 1, 2), Disconnected);
}
