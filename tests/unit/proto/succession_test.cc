#include "proto/session/succession.h"

#include <doctest/doctest.h>

namespace succession_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

Welcome of_broker(std::uint64_t epoch, const std::string& store = "s") {
  Welcome welcome;
  welcome.epoch = Epoch{epoch};
  welcome.store = store;
  return welcome;
}

}  // namespace

TEST_CASE("a broker of a lower epoch was deposed, however often it is met within a minute") {
  Succession succession;
  CHECK_FALSE(succession.is_deposed(of_broker(3), 100s));
  succession.begin(of_broker(3));
  CHECK_FALSE(succession.is_deposed(of_broker(3), 101s));
  CHECK_FALSE(succession.is_deposed(of_broker(4), 102s));
  succession.begin(of_broker(4));
  CHECK_FALSE(succession.has_met_earlier());
  CHECK(succession.is_deposed(of_broker(3), 103s));
  CHECK(succession.has_met_earlier());
  CHECK(succession.is_deposed(of_broker(2), 130s));
  CHECK(succession.is_deposed(of_broker(3), 162s));
}

TEST_CASE("a broker of a lower epoch has an old store if no other one was found for a minute") {
  Succession succession;
  succession.begin(of_broker(4));
  for (Instant now = 100s; now < 160s; now += 4s) CHECK(succession.is_deposed(of_broker(2), now));
  CHECK_FALSE(succession.is_deposed(of_broker(2), 160s));
  CHECK(succession.is_earlier(of_broker(2)));
  succession.begin(of_broker(2));
  CHECK_FALSE(succession.is_earlier(of_broker(2)));
  CHECK_FALSE(succession.is_deposed(of_broker(3), 161s));
}

TEST_CASE("the minute begins again with each broker with which the peer stays") {
  Succession succession;
  succession.begin(of_broker(4));
  for (Instant now = 100s; now < 160s; now += 10s) CHECK(succession.is_deposed(of_broker(3), now));
  succession.begin(of_broker(4));
  for (Instant now = 200s; now < 260s; now += 10s) CHECK(succession.is_deposed(of_broker(3), now));
  CHECK_FALSE(succession.is_deposed(of_broker(3), 260s));
}

TEST_CASE("time in which no broker was met counts little of the minute, so that one meeting after it decides nothing") {
  Succession succession;
  succession.begin(of_broker(4));
  CHECK(succession.is_deposed(of_broker(3), 100s));
  CHECK(succession.is_deposed(of_broker(3), 165s));
  CHECK(succession.is_deposed(of_broker(3), 1h));
  // A peer that meets the same broker only, however seldom, stays with it in the end.
  for (int i = 2; i < 5; ++i) CHECK(succession.is_deposed(of_broker(3), 1h + i * 30s));
  CHECK_FALSE(succession.is_deposed(of_broker(3), 2h));
}

TEST_CASE("the epochs of another store say nothing") {
  Succession succession;
  succession.begin(of_broker(4));
  CHECK_FALSE(succession.is_deposed(of_broker(1, "another"), 100s));
  succession.begin(of_broker(1, "another"));
  CHECK_FALSE(succession.is_deposed(of_broker(1, "another"), 101s));
}

}  // namespace succession_test
