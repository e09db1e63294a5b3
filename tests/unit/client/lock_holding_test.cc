// Locks that a client holds, in a cluster with several shards.
#include "client/engine/holdings/lock_holding.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace lock_holding_test {

using namespace forkmill::client;

namespace {

// The number of an object that its shard numbers with 7, as a client has it.
std::uint64_t number_on(std::uint32_t shard) {
  Effects effects;
  effects.operated.push_back({2, {0, forkmill::Errc::ok, {}, 7, 1, {}}, true});
  ObjectNumbers{shard}.add_to(effects);
  return static_cast<std::uint64_t>(effects.operated.front().answer.a);
}

}  // namespace

TEST_CASE("a lock is lost with the shard that it is on, and no other one") {
  Losses losses;
  LockHoldings holdings{losses};
  const auto here = holdings.add_handle(number_on(2));
  const auto there = holdings.add_handle(number_on(3));
  CHECK(here != there);
  here->acquired(5, 1);
  there->acquired(6, 1);
  losses.count(3);
  CHECK(here->token() == 5);
  CHECK(there->token() == 0);
  there->acquired(7, 1);
  CHECK(there->token() == 7);
}

TEST_CASE("a lock of a cluster with one shard is lost with its broker, also if its number is very high") {
  Losses losses;
  LockHoldings holdings{losses};
  const auto lock = holdings.add_handle(0x7FFF'FFFF'0000'0007);
  lock->acquired(5, 1);
  losses.count(1);
  CHECK(lock->token() == 0);
}

}  // namespace lock_holding_test
