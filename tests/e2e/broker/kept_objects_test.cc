// Named objects after the broker is killed.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/manager.h>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/worker/cluster.h"

namespace kept_objects_test {

using namespace forkmill;
using namespace forkmill::test;

TEST_CASE("after kill -9 of the broker, durable objects have their state and their holders") {
  DataFolder folder;
  Cluster cluster{folder.flags()};
  Client client{cluster.endpoint()};
  const auto durable = ObjectOptions{client}.durable();
  Queue<int> queue{"queue", 3, durable};
  Lock lock{"lock", durable};
  Dict<std::string, int> dict{"dict", durable};
  Queue<int> fleeting{"fleeting", 0, client};
  REQUIRE(lock.acquire(60s));
  dict.set("sum", 1);
  queue.put(1);
  queue.put(2);
  fleeting.put(1);
  cluster.kill_broker();
  cluster.start_broker();
  queue.put(3);
  CHECK(queue.get_many(9) == std::vector{1, 2, 3});
  dict.add("sum", 41);
  CHECK(dict.get("sum") == 42);
  CHECK_FALSE((Lock{"lock", client}.try_acquire()));
  lock.release();
  CHECK((Lock{"lock", client}.try_acquire()));
  CHECK_THROWS_AS(fleeting.put(2), Error);
}

}  // namespace kept_objects_test
