#include "broker/store/memory_store.h"

#include <doctest/doctest.h>

namespace memory_store_test {

using namespace forkmill::broker;

TEST_CASE("the later one of two stores in memory has the later epochs") {
  using forkmill::proto::milliseconds;
  constexpr milliseconds kNow{1'795'297'922'072};
  MemoryStore first{"memory-1", false, MemoryStore::epoch_before(kNow)};
  MemoryStore second{"memory-2", false, MemoryStore::epoch_before(kNow + milliseconds{100})};
  const auto one = first.open();
  const auto other = second.open();
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  CHECK(one->epoch < other->epoch);
  CHECK(MemoryStore::epoch_before(milliseconds{0}).value() == 0);
}

}  // namespace memory_store_test
