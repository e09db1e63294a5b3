#include <thread>

#include "tests/unit/client/promised.h"

namespace as_completed_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Threaded, "as_completed gives each future once, in the order of completion") {
  std::vector<Promised<int>> p;
  std::vector<Future<int>> futures;
  for (int i = 0; i < 4; ++i) {
    p.push_back(promise<int>());
    futures.push_back(std::move(p.back().future));
  }
  p[2].value(2);
  auto range = as_completed(std::move(futures));
  p[0].value(0);
  p[3].error(Cancelled{});
  std::thread last{[&] { p[1].value(1); }};
  std::string seen;
  for (auto& done : range) seen += done.successful() ? std::to_string(done.get()) : "x";
  last.join();
  CHECK(seen == "20x1");
}

TEST_CASE("as_completed of no futures is empty") {
  for (auto& done : as_completed(std::vector<Future<int>>{})) FAIL(done.ready());
}

TEST_CASE_FIXTURE(Threaded, "the loop of as_completed may be left early") {
  std::vector<Promised<int>> p;
  std::vector<Future<int>> futures;
  for (int i = 0; i < 2; ++i) {
    p.push_back(promise<int>());
    futures.push_back(std::move(p.back().future));
  }
  p[1].value(1);
  for (auto& done : as_completed(std::move(futures))) {
    CHECK(done.get() == 1);
    break;
  }
  p[0].value(0);
}

TEST_CASE_FIXTURE(Threaded, "as_completed takes futures that callbacks make, and refuses to wait on their thread") {
  auto p = promise<int>();
  auto q = promise<int>();
  std::vector<Future<int>> made;
  made.push_back(q.future.then([](int v) { return v; }));
  auto refused = p.future.then([range = as_completed(std::move(made))](int) mutable {
    for (auto& done : range) done.get();
  });
  p.value(1);
  CHECK_THROWS_AS(refused.get(), Error);
  q.value(1);
}

}  // namespace as_completed_test
