// Many threads, one client.
#include <atomic>

#include "tests/e2e/client/rig.h"

namespace threads_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Rig, "several threads submit and wait at the same time") {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) right += client.submit(kAdd, t, i).get_for(60s) == t + i ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 1600);
}

TEST_CASE_FIXTURE(Rig, "callbacks, waits, maps and cancels work at the same time") {
  std::atomic<int> called = 0;
  std::atomic<bool> over = false;
  std::thread mapping{[&] {
    while (!over)
      for (auto& done : as_completed(client.map(kEcho, std::vector<std::string>(100, "x")))) done.get();
  }};
  std::thread cancelling{[&] {
    while (!over) {
      auto future = client.with({.delay = 1h}).submit(kNothing);
      future.cancel();
      CHECK_THROWS_AS(future.get_for(60s), Cancelled);
    }
  }};
  std::vector<Future<void>> chained;
  for (int i = 0; i < 2000; ++i) chained.push_back(client.submit(kAdd, i, 1).then([&](double) { ++called; }));
  for (auto& future : chained) future.get_for(60s);
  over = true;
  mapping.join();
  cancelling.join();
  CHECK(called == 2000);
}

TEST_CASE_FIXTURE(Rig, "a client can be closed while other threads submit and wait") {
  for (int round = 0; round < 20; ++round) {
    Client brief{broker.endpoint()};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        try {
          for (;;) brief.submit(kAdd, 1, 1).get();
        } catch (const Disconnected&) {  // the way out
        }
      });
    }
    brief.submit(kAdd, 1, 1).get();
    brief.close();
    for (auto& thread : threads) thread.join();
  }
}

TEST_CASE_FIXTURE(Rig, "callbacks may submit and wait for tasks") {
  auto nested = client.submit(kAdd, 1, 1).then([&](double two) { return client.submit(kAdd, two, two).get(); });
  CHECK(nested.get_for(60s) == 4);
  auto chained = client.submit(kAdd, 1, 1).then([&](double two) { return client.submit(kAdd, two, two); });
  CHECK(chained.get_for(60s) == 4);
}

TEST_CASE_FIXTURE(Rig, "when_all and as_completed take futures of two clients") {
  Client other{broker.endpoint()};
  auto both = [&] {
    std::vector<Future<double>> futures;
    for (int i = 0; i < 50; ++i) {
      futures.push_back(client.submit(kAdd, i, 0));
      futures.push_back(other.submit(kAdd, i, 0));
    }
    return futures;
  };
  CHECK(when_all(both()).get_for(60s).size() == 100);
  std::size_t count = 0;
  for (auto& done : as_completed(both())) count += done.successful() ? 1 : 0;
  CHECK(count == 100);
}

TEST_CASE_FIXTURE(Rig, "poll() runs the callbacks of a ManualExecutor") {
  auto manual = options();
  manual.executor = std::make_shared<ManualExecutor>();
  Client polled{manual};
  int called = 0;
  for (auto& future : polled.map(kAdd, std::vector<std::pair<int, int>>(10, {1, 1})))
    future.then([&](double) { ++called; });
  CHECK(eventually([&] {
    polled.poll();
    return called == 10;
  }));
  CHECK(client.poll() == 0);
}

}  // namespace threads_test
