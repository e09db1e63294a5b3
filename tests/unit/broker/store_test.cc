#include "broker/store/memory_store.h"
#include "tests/unit/broker/store_conformance.h"

using namespace forkmill::broker;

TEST_CASE("the memory store conforms") {
  MemoryStore store{"memory-1"};
  test::check_store([&]() -> Store& { return store; });
}
