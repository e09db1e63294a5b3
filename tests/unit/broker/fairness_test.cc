#include "tests/unit/broker/broker.h"

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

namespace {

std::vector<TaskId> ids(const std::vector<GrantedTask>& grants) {
  std::vector<TaskId> all;
  for (const auto& grant : grants) all.push_back(grant.id);
  return all;
}

}  // namespace

TEST_CASE("tasks are granted by priority, and in the order of submission within one priority") {
  Broker broker;
  const auto client = broker.client();
  const auto with = [](int priority) {
    TaskOptions options;
    options.priority = static_cast<std::int8_t>(priority);
    return options;
  };
  broker.submit(client,
                {task(1, with(0)), task(2, with(-100)), task(3, with(100)), task(4, with(0)), task(5, with(100))});
  CHECK(ids(broker.grants(broker.worker(10))) == std::vector{id(3), id(5), id(1), id(4), id(2)});
}

TEST_CASE("clients of one queue take turns, however much each has submitted") {
  Broker broker;
  const auto busy = broker.client();
  const auto modest = broker.client();
  std::vector<Submission> many;
  for (std::uint64_t n = 1; n <= 100; ++n) many.push_back(task(n));
  broker.submit(busy, many);
  broker.submit(modest, {task(1001), task(1002)});
  const auto order = ids(broker.grants(broker.worker(6)));
  CHECK(order == std::vector{id(1), id(1001), id(2), id(1002), id(3), id(4)});
}

TEST_CASE("clients come to a queue one after the other, and all at once after that") {
  Broker broker;
  const auto worker = broker.worker(10);
  const auto first = broker.client();
  const auto second = broker.client();
  broker.submit(first, {task(1)});
  CHECK(ids(broker.grants(worker)) == std::vector{id(1)});
  broker.submit(second, {task(1001)});
  CHECK(ids(broker.grants(worker)) == std::vector{id(1001)});
  broker.submit(second, {task(1002), task(1003)});
  CHECK(ids(broker.grants(worker)) == std::vector{id(1002), id(1003)});
  const auto other = broker.worker(0);
  broker.send(worker, Drain{});
  broker.submit(first, {task(2), task(3)});
  broker.submit(second, {task(1004), task(1005)});
  broker.send(other, Credit{4});
  CHECK(ids(broker.grants(other)) == std::vector{id(2), id(1004), id(3), id(1005)});
}

TEST_CASE("a worker takes turns between its queues") {
  Broker broker;
  const auto client = broker.client();
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 10; ++n) tasks.push_back(task(n));
  Submission other = task(100);
  other.edit().queue = "second";
  tasks.push_back(other);
  broker.submit(client, tasks);
  const auto order = ids(broker.grants(broker.worker(3, {"default", "second"})));
  CHECK(std::find(order.begin(), order.end(), id(100)) != order.end());
}

TEST_CASE("a task that is returned unstarted keeps its place, and its attempt is not counted") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1), task(2), task(3), task(4)});
  const auto first = broker.worker(3);
  const auto grants = broker.grants(first);
  REQUIRE(grants.size() == 3);
  broker.send(first, Drain{});
  broker.send(first, Return{{grants[2].grant, grants[1].grant}, 3});
  const auto second = broker.worker(10);
  const auto again = broker.grants(second);
  CHECK(ids(again) == std::vector{id(2), id(3), id(4)});
  CHECK(again[0].grant.attempt == Attempt{1});
}
