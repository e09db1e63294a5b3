// A program that makes and ends a thousand clients has what it had before.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <unistd.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/weight.h"

using namespace forkmill;
using namespace std::chrono_literals;
using tests::eventually;
using tests::weigh;
using tests::Weight;

TEST_CASE("a thousand clients of one program, some without an answer, leave nothing behind in it") {
  test::Cluster cluster{{"--memory", "--log-level", "error"}};
  const auto visit = [&](int i) {
    const bool answered = i % 4 != 0;
    Client client{answered ? cluster.endpoint() : cluster.endpoint() + ".nobody"};
    auto asked = client.query(QueryKind::ping);
    if (answered) asked.get_for(60s);
  };
  constexpr int kWarmUp = 20;
  for (int i = 0; i < kWarmUp; ++i) visit(i);
  const Weight begin = weigh(::getpid());
  const auto calm_weight = [&] {
    Weight now;
    const bool calm = eventually([&] {
      now = weigh(::getpid());
      return now.descriptors <= begin.descriptors && now.threads <= begin.threads;
    });
    CAPTURE(begin);
    CAPTURE(now);
    CHECK(calm);
    return now;
  };
  for (int i = 0; i < 500; ++i) visit(i);
  const Weight half = calm_weight();
  for (int i = 0; i < 500; ++i) visit(i);
  const Weight end = calm_weight();
  MESSAGE("at first ", begin, "; after half ", half, "; after all ", end);
  constexpr std::size_t kMoreKib = 3 * 1024;
  CHECK(end.resident_kib <= half.resident_kib + kMoreKib);
}
