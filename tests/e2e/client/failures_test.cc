// Brokers that come late, go, come back, or never come; and the end of the client itself.
#include <forkmill/when.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <future>

#include "tests/e2e/client/rig.h"

namespace failures_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Rig, "after a restart of the broker, unacknowledged tasks are done and forgotten ones end") {
  CHECK(client.submit(kAdd, 1, 1).get() == 2);
  auto delayed = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  REQUIRE(eventually([&] { return delayed.state() == FutureState::accepted; }));
  broker.end(SIGKILL);
  auto meanwhile = client.submit(kAdd, 3, 4);
  CHECK_THROWS_AS(meanwhile.get_for(10ms), Timeout);
  broker.start();
  CHECK(meanwhile.get_for(60s) == 7);
  CHECK_THROWS_AS(delayed.get_for(60s), Disconnected);
}

TEST_CASE_FIXTURE(Rig, "futures survive a broker that does not answer for a while") {
  client.submit(kNothing).get();
  broker.signal(SIGSTOP);
  std::vector<Future<double>> futures;
  for (int i = 0; i < 1000; ++i) futures.push_back(client.submit(kAdd, i, 1));
  CHECK_FALSE(futures.back().wait_for(50ms));
  broker.signal(SIGCONT);
  for (int i = 0; i < 1000; ++i) REQUIRE(futures[static_cast<std::size_t>(i)].get_for(60s) == i + 1);
}

TEST_CASE_FIXTURE(Rig, "a client can start before its broker") {
  const auto endpoint = broker.endpoint();
  broker.end(SIGTERM);
  Client early{endpoint};
  auto future = early.submit(kAdd, 1, 2);
  CHECK_FALSE(early.wait_connected(5ms));
  broker.start();
  CHECK(future.get_for(60s) == 3);
  CHECK(early.connected());
}

TEST_CASE("without a broker, get_for says so and close ends everything") {
  Client client{"ipc:///tmp/forkmill-nobody-here"};
  auto future = client.submit(kAdd, 1, 2);
  auto query = client.query(QueryKind::ping);
  try {
    future.get_for(20ms);
    FAIL("no timeout");
  } catch (const Timeout& error) {
    CHECK(error.code() == Errc::timeout);
    CHECK(std::string{error.what()}.find("ipc:///tmp/forkmill-nobody-here does not answer") != std::string::npos);
  }
  CHECK_FALSE(client.connected());
  std::thread waiter{[&] { CHECK_THROWS_AS(query.get(), Disconnected); }};
  client.close();
  waiter.join();
  CHECK_THROWS_AS(future.get(), Disconnected);
  CHECK_THROWS_AS((void)client.submit(kAdd, 1, 2), Disconnected);
  client.close();
}

TEST_CASE("fail_fast ends outstanding futures when no broker answers within the connect timeout") {
  ClientOptions options;
  options.endpoint = "ipc:///tmp/forkmill-nobody-here";
  options.connect_timeout = 20ms;
  options.fail_fast = true;
  Client client{options};
  CHECK_THROWS_AS(client.submit(kAdd, 1, 2).get_for(60s), Disconnected);
  CHECK_THROWS_AS(client.submit(kAdd, 1, 2).get_for(60s), Disconnected);
  CHECK_FALSE(client.wait_connected(5ms));
}

TEST_CASE("a full client blocks, times out or rejects") {
  ClientOptions options;
  options.endpoint = "ipc:///tmp/forkmill-nobody-here";
  options.max_unsent = 3;
  options.when_full = WhenFull::reject;
  {
    Client client{options};
    std::vector<Future<double>> futures;
    for (int i = 0; i < 3; ++i) futures.push_back(client.submit(kAdd, 1, 2));
    try {
      (void)client.submit(kAdd, 1, 2);
      FAIL("taken");
    } catch (const Rejected& error) {
      CHECK(error.code() == Errc::window_full);
    }
    futures[0].cancel();
    CHECK_THROWS_AS(futures[0].get(), Cancelled);
  }
  options.when_full = WhenFull::timeout;
  options.submit_timeout = 5ms;
  {
    Client client{options};
    for (int i = 0; i < 3; ++i) client.submit(kAdd, 1, 2);
    CHECK_THROWS_AS((void)client.submit(kAdd, 1, 2), Rejected);
  }
  options.when_full = WhenFull::block;
  Client client{options};
  for (int i = 0; i < 3; ++i) client.submit(kAdd, 1, 2);
  std::thread blocked{[&] { CHECK_THROWS_AS((void)client.submit(kAdd, 1, 2), Disconnected); }};
  client.close();
  blocked.join();
}

TEST_CASE_FIXTURE(Rig, "a task that has ended leaves room in its client") {
  auto one = options();
  one.max_outstanding = 1;
  one.when_full = WhenFull::reject;
  Client single{one};
  // Each task is submitted by the callback of the one before, on the callback thread, while another thread drives.
  std::promise<int> ended;
  std::function<void(int)> submit = [&](int left) {
    try {
      if (left == 0) return ended.set_value(0);
      single.submit(kAdd, left, 1).then([&, left](double) { submit(left - 1); });
    } catch (const Rejected&) {
      ended.set_value(left);
    }
  };
  submit(2000);
  CHECK(ended.get_future().get() == 0);
}

TEST_CASE_FIXTURE(Rig, "a small window does not stop a large map") {
  auto tight = options();
  tight.max_unsent = 2;
  tight.max_outstanding = 5;
  Client small{tight};
  std::vector<std::pair<double, double>> pairs(500, {1.0, 1.0});
  double sum = 0;
  for (auto& done : as_completed(small.map(kAdd, pairs))) sum += done.get();
  CHECK(sum == 1000);
  tight.max_unsent_bytes = 1;  // less than any task has: each goes alone
  Client smallest{tight};
  CHECK(when_all(smallest.map(kAdd, std::vector<std::pair<double, double>>(3, {1.0, 1.0}))).get_for(60s).size() == 3);
}

TEST_CASE_FIXTURE(Rig, "a client can be destroyed in its own callback") {
  auto own = std::make_unique<Client>(broker.endpoint());
  auto gone = own->submit(kAdd, 1, 1).then([&](double) { own.reset(); });
  REQUIRE(eventually([&] { return gone.ready(); }));
  CHECK(own == nullptr);
}

TEST_CASE_FIXTURE(Rig, "futures outlive their client") {
  Future<double> future;
  Future<double> never;
  {
    Client brief{broker.endpoint()};
    future = brief.submit(kAdd, 1, 1);
    future.wait();
    never = brief.with({.delay = 1h}).submit(kAdd, 1, 1);
  }
  CHECK(future.get() == 2);
  CHECK_THROWS_AS(never.get(), Disconnected);
  CHECK_THROWS_AS(never.then([](double) {}).get(), Disconnected);
  never.cancel();
}

TEST_CASE_FIXTURE(Rig, "a forked child gets an error, and can exit") {
  auto waiting = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int told = 0;
    try {
      (void)client.submit(kAdd, 1, 1);
    } catch (const Disconnected&) {
      ++told;
    }
    try {
      waiting.get();
    } catch (const Disconnected&) {
      ++told;
    }
    try {
      Client another{broker.endpoint()};
    } catch (const Error&) {
      ++told;
    }
    client.close();
    ::_exit(told);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  CHECK(client.submit(kAdd, 1, 1).get() == 2);  // the parent's is unharmed
}

TEST_CASE("a full queue at the broker rejects or delays submissions") {
  const std::string file = "/tmp/forkmill-client-e2e-" + std::to_string(::getpid()) + ".toml";
  std::FILE* config = std::fopen(file.c_str(), "w");
  REQUIRE(config != nullptr);
  std::fputs("[queue.tiny]\nmax_tasks = 2\n", config);
  std::fclose(config);
  Rig rig{{"--config", file}};
  FakeWorker tiny{rig.broker.endpoint(), {"tiny"}};
  tiny.on(kAdd, [](double a, double b) { return a + b; });

  auto strict = rig.options();
  strict.when_full = WhenFull::reject;
  Client rejecting{strict};
  std::vector<Future<double>> delayed;
  for (int i = 0; i < 2; ++i) delayed.push_back(rejecting.with({.queue = "tiny", .delay = 1h}).submit(kAdd, 1, 1));
  for (auto& future : delayed) REQUIRE(eventually([&] { return future.state() == FutureState::accepted; }));
  auto rejected = rejecting.with({.queue = "tiny"}).submit(kAdd, 1, 1);
  try {
    rejected.get_for(60s);
    FAIL("taken");
  } catch (const Rejected& error) {
    CHECK(error.code() == Errc::queue_full);
  }

  // Every submission that waits for space gets it, in any order.
  std::vector<Future<double>> patient;
  for (int i = 0; i < 20; ++i) patient.push_back(rig.client.with({.queue = "tiny"}).submit(kAdd, i, 1));
  CHECK_FALSE(patient.back().wait_for(20ms));
  for (auto& future : delayed) future.cancel();
  tiny.start();
  for (int i = 0; i < 20; ++i) CHECK(patient[static_cast<std::size_t>(i)].get_for(60s) == i + 1);
  std::remove(file.c_str());
}

}  // namespace failures_test
