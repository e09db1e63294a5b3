#include "broker/store/memory_store.h"
#include "tests/unit/broker/store_conformance.h"

using namespace forkmill::broker;

TEST_CASE("the memory store conforms") {
  MemoryStore store{"memory-1"};
  test::check_store([&]() -> Store& { return store; });
}

TEST_CASE("stores in memory have epochs of their own") {
  MemoryStore first{"memory-1"};
  MemoryStore second{"memory-2"};
  const auto one = first.open();
  const auto other = second.open();
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  CHECK(one->epoch != other->epoch);
  CHECK(one->epoch.value() > 0);
}
