// when_all and when_any.
#include <thread>

#include "tests/unit/client/promised.h"

namespace when_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

template <class T>
std::vector<Future<T>> futures_of(std::vector<Promised<T>>& promised) {
  std::vector<Future<T>> futures;
  for (auto& p : promised) futures.push_back(std::move(p.future));
  return futures;
}

}  // namespace

TEST_CASE_FIXTURE(Threaded, "when_all gives the values in the order of the futures") {
  std::vector<Promised<int>> p;
  for (int i = 0; i < 3; ++i) p.push_back(promise<int>());
  auto all = when_all(futures_of(p));
  p[2].value(3);
  p[0].value(1);
  CHECK_FALSE(all.ready());
  p[1].value(2);
  CHECK(all.get() == std::vector{1, 2, 3});
}

TEST_CASE_FIXTURE(Threaded, "when_all of no futures is ready, and fails with the first error at once") {
  CHECK(when_all(std::vector<Future<int>>{}).get().empty());
  when_all(std::vector<Future<void>>{}).get();

  std::vector<Promised<int>> p;
  for (int i = 0; i < 3; ++i) p.push_back(promise<int>());
  auto all = when_all(futures_of(p));
  p[1].error(Expired{});
  CHECK_THROWS_AS(all.get(), Expired);
  p[0].error(Cancelled{});
  p[2].value(1);
  CHECK_THROWS_AS(all.get(), Expired);
}

TEST_CASE_FIXTURE(Threaded, "when_all takes different types, and void") {
  auto number = promise<int>();
  auto text = promise<std::string>();
  auto nothing = promise<int>();
  auto all = when_all(std::move(number.future), std::move(text.future), nothing.future.then([](int) {}));
  number.value(1);
  text.value("two");
  nothing.value(0);
  auto [n, t, v] = all.get();
  CHECK(n == 1);
  CHECK(t == "two");
  CHECK(v == std::monostate{});
}

TEST_CASE_FIXTURE(Threaded, "when_all throws for an undecodable value in get") {
  std::vector<Promised<int>> p;
  p.push_back(promise<int>());
  auto all = when_all(futures_of(p));
  p[0].bytes("\xC1");
  CHECK_THROWS_AS(all.get(), Error);
}

TEST_CASE_FIXTURE(Threaded, "when_any gives the first future that is ready, and the others go on") {
  std::vector<Promised<int>> p;
  for (int i = 0; i < 3; ++i) p.push_back(promise<int>());
  auto any = when_any(futures_of(p));
  CHECK_FALSE(any.ready());
  p[1].error(Cancelled{});
  auto first = std::move(any).get();
  CHECK(first.index == 1);
  CHECK_THROWS_AS(first.first().get(), Cancelled);
  p[0].value(7);
  CHECK(first.futures[0].get() == 7);
  p[2].value(8);  // every future ends, and the last one releases what they share
  CHECK(first.futures[2].get() == 8);
  CHECK_THROWS_AS((void)when_any(std::vector<Future<int>>{}), std::invalid_argument);
}

TEST_CASE_FIXTURE(Threaded, "the cancel of a when_all reaches all of its futures") {
  std::vector<Promised<int>> p;
  for (int i = 0; i < 3; ++i) p.push_back(promise<int>());
  auto all = when_all(futures_of(p));
  all.cancel();
  CHECK(origin->cancelled.size() == 3);
  for (auto& each : p) each.error(Cancelled{});
  CHECK_THROWS_AS(all.get(), Cancelled);
}

TEST_CASE_FIXTURE(Threaded, "when_all may be resolved by several threads at once") {
  for (int round = 0; round < 100; ++round) {
    std::vector<Promised<int>> p;
    for (int i = 0; i < 4; ++i) p.push_back(promise<int>());
    auto all = when_all(futures_of(p));
    std::vector<std::thread> threads;
    for (auto& each : p) threads.emplace_back([&each] { each.value(1); });
    REQUIRE(all.get().size() == 4);
    for (auto& thread : threads) thread.join();
  }
}

TEST_CASE_FIXTURE(Threaded, "the callback thread may not wait for a when_all of callbacks") {
  auto p = promise<int>();
  auto q = promise<int>();
  std::vector<Future<int>> made;
  made.push_back(q.future.then([](int v) { return v; }));
  auto all = when_all(std::move(made));
  auto refused = p.future.then([&](int) { return all.get().size(); });
  p.value(1);
  CHECK_THROWS_AS(refused.get(), Error);
  q.value(1);
  CHECK(all.get().size() == 1);
}

}  // namespace when_test
