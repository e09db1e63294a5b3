// The SQLite store as a store: conformance, crashes of the process, checkpoints, the lock.
#include "tests/unit/store/rig.h"

using namespace forkmill::broker;
using namespace forkmill::broker::test;

TEST_CASE("the SQLite store conforms, closed and opened again") {
  Folder folder;
  std::unique_ptr<SqliteStore> store;
  check_store([&]() -> Store& {
    store.reset();
    store = make_store(folder.path("data"));
    return *store;
  });
  CHECK(store->durable());
  CHECK(store->free_bytes().value_or(0) > 0);
}
