#include "tests/unit/broker/principals_kit.h"

namespace fairness_test {

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

TEST_CASE("principals of one queue take turns, however many clients and tasks each has") {
  Principals site;
  const auto modest = site.client(Principals::kBob);
  std::uint64_t number = 0;
  for (int client = 0; client < 5; ++client) {
    const auto flood = site.client(Principals::kAlice);
    for (int i = 0; i < 20; ++i) site.broker.submit(flood, {task(++number)});
  }
  site.broker.submit(modest, {task(1001), task(1002), task(1003)});
  const auto order = ids(site.broker.grants(site.broker.worker(8)));
  CHECK(order == std::vector{id(1), id(1001), id(21), id(1002), id(41), id(1003), id(61), id(81)});
}

TEST_CASE("a dead letter that an operator retries takes the turn of its own principal") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto admin = site.client(Principals::kOperator);
  const auto worker = site.broker.worker(1);
  TaskOptions options;
  options.max_attempts = 1;
  site.broker.submit(alice, {task(1, options)});
  site.broker.credit = 1;
  site.broker.fail(worker, site.broker.grants(worker).at(0).grant);
  site.broker.submit(bob, {task(11)});
  site.broker.submit(admin, {task(21), task(22)});
  site.broker.send(admin, Command{1, RetryDeadLetter{id(1).to_string(), id(31)}});
  site.broker.submit(alice, {task(2)});
  site.broker.send(worker, Credit{10});
  CHECK(ids(site.broker.grants(worker)) == std::vector{id(11), id(21), id(31), id(22), id(2)});
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

TEST_CASE("a queue keeps its turn at a worker that has asked it in vain") {
  Broker broker;
  const auto client = broker.client();
  const auto of = [](std::string queue, std::uint64_t number) {
    Submission one = task(number);
    one.edit().queue = std::move(queue);
    return one;
  };
  constexpr std::uint32_t kChildren = 10;
  const auto worker = broker.worker(2, {"first", "second"}, kChildren);
  const auto other = broker.worker(0, {"first", "second"}, kChildren);
  broker.submit(client, {of("first", 1)});
  broker.submit(client, {of("first", 2), of("first", 3), of("second", 4)});
  CHECK(ids(broker.grants(worker)) == std::vector{id(1), id(4)});  // now it is the turn of the first queue
  broker.send(other, Credit{3});
  CHECK(ids(broker.grants(other)) == std::vector{id(2), id(3)});
  broker.send(worker, Credit{3});
  broker.submit(client, {of("first", 5)});  // for the worker that has waited longest; the first queue has none left
  CHECK(ids(broker.grants(other)) == std::vector{id(5)});
  CHECK(broker.grants(worker).empty());
  broker.submit(client, {of("second", 6), of("first", 7)});
  CHECK(ids(broker.grants(worker)) == std::vector{id(7)});
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

}  // namespace fairness_test
