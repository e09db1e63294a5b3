// Tasks and results that are left on disk when memory is short, and their way back to memory.
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/unit/broker/paged_kit.h"

namespace paging_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::test::id;

TEST_CASE("a long queue is on disk but for its beginning, and is granted in order") {
  Paged paged;
  paged.submit(1, 50);
  CHECK(paged.resident() == 4);
  CHECK(paged.paged_out() == 46);
  const auto worker = paged.broker.worker(1);
  paged.broker.credit = 1000;
  CHECK(paged.work_off(worker) == ids(1, 50));
  CHECK(paged.broker.results(paged.client).size() == 50);
}

TEST_CASE("a queue that has become short enough comes back into memory, and what arrives then stays there") {
  CoreOptions options = tiny();
  options.resident.tasks = 16;
  Paged paged{options};
  paged.submit(1, 24);
  CHECK(paged.paged_out() == 8);
  const auto worker = paged.broker.worker(9);
  CHECK(paged.broker.grants(worker).size() == 9);
  CHECK(paged.paged_out() == 0);
  paged.submit(25, 25);
  CHECK(paged.paged_out() == 0);
}

TEST_CASE("a few large tasks do not come back into memory at once") {
  CoreOptions options = tiny();
  options.resident.tasks = 100;
  options.resident.bytes = 10'000;
  Paged paged{options};
  paged.submit_large(30, 1000);
  const std::size_t before = paged.paged_out();
  REQUIRE(before > 15);
  CHECK(paged.broker.grants(paged.broker.worker(6)).size() == 6);
  CHECK(paged.paged_out() < before);
  CHECK(paged.paged_out() + 6 >= before);
}

TEST_CASE("large arguments count in the memory of a queue") {
  CoreOptions options;
  options.resident.bytes = 10'000;
  Paged paged{options};
  paged.submit_large(10, 4000);
  CHECK(paged.resident() == 3);
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(1, 10));
}

TEST_CASE("higher priorities and other clients do not wait for tasks on disk") {
  Paged paged;
  paged.submit(1, 20);
  TaskOptions urgent;
  urgent.priority = 5;
  paged.submit(21, 30, urgent);
  const auto other = paged.broker.client();
  paged.broker.submit(other, {task(40), task(41)});
  const auto order = paged.work_off(paged.broker.worker(1));
  REQUIRE(order.size() == 32);
  CHECK(std::vector<TaskId>(order.begin(), order.begin() + 10) == ids(21, 30));
  CHECK((order[10] == id(40) || order[11] == id(40)));
}

TEST_CASE("tasks that are not durable stay in memory, and keep their place in line") {
  Paged paged;
  paged.submit(1, 10);
  TaskOptions in_memory;
  in_memory.durability = Durability::memory;
  paged.submit(11, 15, in_memory);
  paged.submit(16, 20);
  CHECK(paged.resident() == 4 + 5);
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(1, 20));
}

TEST_CASE("a queue whose tasks in memory are all cancelled goes on with those on disk") {
  Paged paged;
  paged.submit(1, 12);
  paged.broker.send(paged.client, Cancel{ids(1, 4)});
  CHECK(paged.work_off(paged.broker.worker(1)) == ids(5, 12));
}

TEST_CASE("tasks that are due much later are left on disk, and start in time") {
  Paged paged;
  TaskOptions later;
  later.delay = 10min;
  paged.submit(1, 10, later);
  CHECK(paged.resident() <= 3);
  const auto worker = paged.broker.worker(100);
  paged.broker.advance_alive(9min + 58s, {paged.client, worker});
  CHECK(paged.broker.grants(worker).empty());
  std::unordered_set<TaskId> started;
  for (int second = 0; second < 4; ++second) {
    paged.broker.advance_alive(1s, {paged.client, worker});
    for (const auto& granted : paged.broker.grants(worker)) {
      started.insert(granted.id);
      paged.broker.succeed(worker, granted.grant);
    }
  }
  CHECK(started.size() == 10);
}

TEST_CASE("tasks on disk expire at their deadlines") {
  Paged paged;
  TaskOptions brief;
  brief.expires = 1min;
  paged.submit(1, 5);
  paged.submit(6, 20, brief);
  paged.broker.advance_alive(61s, {paged.client});
  std::size_t expired = 0;
  for (const auto& result : paged.broker.results(paged.client)) expired += result.outcome.kind == OutcomeKind::expired;
  CHECK(expired == 15);
}

TEST_CASE("unfetched results are paged out, found by clients that attach, and dropped in time") {
  Paged paged;
  paged.submit(1, 10);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  paged.work_off(worker);
  CHECK(paged.resident() <= 2);
  CHECK(paged.paged_out() >= 8);
  const auto late = paged.broker.client();
  paged.broker.send(late, Attach{ids(1, 10)});
  CHECK(paged.broker.results(late).size() == 10);
  paged.broker.send(late, Goodbye{});
  paged.broker.advance_alive(11min, {paged.broker.client()});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("results that cannot be paged out are in no other result's way") {
  Paged paged;
  TaskOptions of_first;
  TaskOptions of_others;
  bool bounded = false;
  SUBCASE("in memory only") { of_first.durability = Durability::memory; }
  SUBCASE("with times of their own, in memory only") {
    of_first.durability = Durability::memory;
    of_first.result_ttl = of_others.result_ttl = 1h;
  }
  SUBCASE("over soon") {
    of_first.result_ttl = 5s;
    of_others.result_ttl = 1h;
    bounded = true;
  }
  paged.submit(1, 3, of_first);
  paged.submit(4, 20, of_others);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  paged.work_off(worker);
  CHECK(paged.resident() == 3 + 2);
  CHECK(paged.paged_out() == 15);
  paged.broker.advance_alive(6s, {worker});
  CHECK(paged.resident() == (bounded ? 2 : 5));
  paged.broker.advance_alive(2h, {worker});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("results that came back from the disk for a question go there again") {
  Paged paged;
  paged.submit(1, 20);
  const auto worker = paged.broker.worker(1);
  paged.broker.send(paged.client, Goodbye{});
  paged.work_off(worker);
  const auto client = paged.broker.client();
  for (const TaskId& one : ids(1, 20)) {
    paged.broker.send(client, Query{1, QueryKind::task, one.to_string()});
    CHECK(paged.broker.take<Reply>(client).at(0).code == Errc::ok);
  }
  CHECK(paged.resident() == 2);
}

TEST_CASE("a broker whose disk is nearly full rejects durable tasks; tasks in memory and running tasks go on") {
  Paged paged;
  paged.submit(1, 1);
  const auto worker = paged.broker.worker(10);
  const auto grant = paged.broker.grants(worker).at(0).grant;
  paged.broker.core().set_disk_full(true);
  CHECK(paged.broker.submit_rejected(paged.client, task(2)).code == Errc::disk_full);
  TaskOptions in_memory;
  in_memory.durability = Durability::memory;
  paged.submit(3, 3, in_memory);
  CHECK(paged.broker.grants(worker).size() == 1);
  paged.broker.succeed(worker, grant);
  CHECK(paged.broker.results(paged.client).size() == 1);
  paged.broker.core().set_disk_full(false);
  paged.submit(2, 2);
  CHECK(paged.broker.grants(worker).size() == 1);
}

TEST_CASE("a queue of a durable broker may keep its tasks in memory only") {
  CoreOptions options = tiny();
  options.queues["default"].durable = false;
  Paged paged{options};
  paged.submit(1, 20);
  CHECK(paged.resident() == 20);
  paged.broker.restart();
  CHECK(paged.resident() + paged.paged_out() == 0);
}

}  // namespace paging_test
