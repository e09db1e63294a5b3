#include "client/engine/holdings/semaphore_units.h"

#include <doctest/doctest.h>

namespace semaphore_units_test {

using forkmill::client::SemaphoreUnits;
using Tokens = SemaphoreUnits::Tokens;

namespace {

constexpr std::uint64_t kHere = 1;
constexpr std::uint64_t kThere = 2;
constexpr std::uint64_t kSemaphore = 7;

}  // namespace

TEST_CASE("a thread releases the units that it has acquired first, and then those of others") {
  SemaphoreUnits units;
  units.add(kSemaphore, kThere, 1);
  units.add(kSemaphore, kHere, 2);
  units.add(kSemaphore, kThere, 3);
  CHECK(units.remove(kSemaphore, kHere, 1) == Tokens{2});
  CHECK(units.remove(kSemaphore, kHere, 5) == Tokens{3, 1});
  CHECK(units.remove(kSemaphore, kHere, 1).empty());
}

TEST_CASE("units belong to one semaphore") {
  SemaphoreUnits units;
  units.add(kSemaphore, kHere, 1);
  CHECK(units.remove(kSemaphore + 1, kHere, 1).empty());
  units.forget(kSemaphore);
  CHECK(units.remove(kSemaphore, kHere, 1).empty());
}

}  // namespace semaphore_units_test
