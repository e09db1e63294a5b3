// Changes of many tasks: cancel, retry, drop, move and reprioritise over a filter.
#include <map>
#include <msgpack.hpp>

#include "tests/unit/broker/principals_kit.h"

namespace bulk_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::Queue;
using forkmill::broker::test::id;

namespace {

CoreOptions tiny() {
  CoreOptions options;
  options.restart_grace = 0ms;
  options.resident.tasks = 4;
  options.resident.page = 2;
  options.resident.scheduled = 2;
  options.resident.results = 2;
  return options;
}

ChangeTasks change(std::uint64_t n, TaskAction action, TaskFilter filter = {}) {
  ChangeTasks order;
  order.id = id(1'000'000 + n);
  order.action = action;
  order.filter = std::move(filter);
  return order;
}

TaskFilter in_queue(std::string queue, std::string state = {}) {
  TaskFilter filter;
  filter.queue = std::move(queue);
  filter.state = std::move(state);
  return filter;
}

struct Answer {
  Errc code = Errc::ok;
  std::uint64_t matched = 0;
  std::uint64_t changed = 0;
  std::uint64_t requested = 0;
  std::map<std::string, std::uint64_t> skipped;
  std::map<std::string, std::uint64_t> states;
  std::size_t rows = 0;
};

Answer answer_of(const Reply& reply) {
  Answer answer;
  answer.code = reply.code;
  if (reply.code != Errc::ok) return answer;
  const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
  const auto map = handle->as<std::map<std::string, msgpack::object>>();
  answer.matched = map.at("matched").as<std::uint64_t>();
  answer.changed = map.at("changed").as<std::uint64_t>();
  answer.requested = map.at("requested").as<std::uint64_t>();
  answer.skipped = map.at("skipped").as<std::map<std::string, std::uint64_t>>();
  if (map.contains("states")) answer.states = map.at("states").as<std::map<std::string, std::uint64_t>>();
  answer.rows = map.at("tasks").via.array.size;
  std::uint64_t sum = answer.changed + answer.requested;
  for (const auto& [reason, count] : answer.skipped) sum += count;
  if (answer.states.empty()) CHECK(answer.matched == sum);
  return answer;
}

// A broker on a durable store, or without one.
struct Site {
  explicit Site(bool durable = true, CoreOptions options = tiny())
      : broker{std::move(options), durable ? &store : nullptr}, client{broker.client()} {}

  Answer give(ChangeTasks order) {
    broker.send(client, Command{++last_id, std::move(order)});
    return taken();
  }
  Answer taken() {
    const auto replies = broker.take<Reply>(client);
    REQUIRE(replies.size() == 1);
    return answer_of(replies[0]);
  }
  void submit(std::uint64_t first, std::uint64_t last, TaskOptions options = {}, const std::string& queue = "default") {
    for (std::uint64_t n = first; n <= last; ++n) {
      Submission one = task(n, options);
      one.edit().queue = queue;
      broker.submit(client, {std::move(one)});
    }
  }
  std::size_t ready(const std::string& queue) {
    const Queue* found = broker.core().state().queues.find(queue);
    return found == nullptr ? 0 : found->ready.size();
  }
  std::vector<TaskId> work_off(const Broker::Peer& worker) {
    std::vector<TaskId> order;
    for (auto grants = broker.grants(worker); !grants.empty(); grants = broker.grants(worker))
      for (const auto& granted : grants) {
        order.push_back(granted.id);
        broker.succeed(worker, granted.grant);
      }
    return order;
  }
  // Makes dead letters of tasks `first` to `last`, which are the only ones in their queue.
  void let_fail(std::uint64_t first, std::uint64_t last) {
    TaskOptions once;
    once.max_attempts = 1;
    submit(first, last, once, "dying");
    const auto worker = broker.worker(1000, {"dying"});
    std::size_t results = 0;
    for (auto grants = broker.grants(worker); !grants.empty(); grants = broker.grants(worker))
      for (const auto& granted : grants) {
        broker.fail(worker, granted.grant);
        results += broker.results(client).size();
        acknowledge();
      }
    REQUIRE(results == last - first + 1);
    broker.send(worker, Goodbye{});
  }
  void acknowledge() { broker.send(client, ResultAck{{broker.last_taken()}}); }
  void restart() {
    broker.restart();
    client = broker.client();
  }

  MemoryStore store{"s", true};
  Broker broker;
  Broker::Peer client;
  std::uint64_t last_id = 0;
};

std::vector<TaskId> ids(std::uint64_t first, std::uint64_t last) {
  std::vector<TaskId> all;
  for (std::uint64_t n = first; n <= last; ++n) all.push_back(id(n));
  return all;
}

}  // namespace

TEST_CASE("a queue is purged of what waits, in memory and on disk, and what runs goes on") {
  for (const bool durable : {true, false}) {
    CAPTURE(durable);
    Site site{durable};
    const auto worker = site.broker.worker(1);
    site.submit(1, 30);
    TaskOptions later;
    later.delay = 1h;
    site.submit(31, 40, later);
    site.submit(41, 45, {}, "other");
    ChangeTasks dry = change(1, TaskAction::cancel, in_queue("default"));
    dry.dry_run = true;
    const Answer counted = site.give(dry);
    CHECK(counted.matched == 40);
    CHECK(counted.states == std::map<std::string, std::uint64_t>{{"ready", 29}, {"running", 1}, {"scheduled", 10}});
    CHECK(site.ready("default") == 29);
    const Answer answer = site.give(change(2, TaskAction::cancel, in_queue("default")));
    CHECK(answer.matched == 40);
    CHECK(answer.changed == 39);
    CHECK(answer.rows == 39);
    CHECK(answer.skipped == std::map<std::string, std::uint64_t>{{"running", 1}});
    CHECK(site.broker.results(site.client).size() == 39);
    CHECK(site.ready("default") == 0);
    CHECK(site.ready("other") == 5);
    site.broker.succeed(worker, site.broker.grants(worker).at(0).grant);
    CHECK(site.broker.grants(worker).empty());
  }
}

TEST_CASE("tasks that run are asked to stop if the command says so") {
  Site site;
  const auto worker = site.broker.worker(2);
  site.submit(1, 5);
  const auto granted = site.broker.grants(worker);
  REQUIRE(granted.size() == 2);
  ChangeTasks order = change(1, TaskAction::cancel);
  order.running = true;
  const Answer answer = site.give(order);
  CHECK(answer.changed == 3);
  CHECK(answer.requested == 2);
  CHECK(site.broker.take<Revoke>(worker).at(0).grants.size() == 2);
}

TEST_CASE("moved tasks are granted from their new queue in their order, also after a restart") {
  for (const bool restart : {false, true}) {
    CAPTURE(restart);
    Site site;
    site.submit(1, 20);
    site.submit(21, 24, {}, "other");
    TaskOptions late;
    late.delay = 1min;
    site.submit(25, 26, late);
    ChangeTasks order = change(1, TaskAction::move, in_queue("default"));
    order.queue = "other";
    const Answer answer = site.give(order);
    CHECK(answer.matched == 22);
    CHECK(answer.changed == 22);
    if (restart) site.restart();
    CHECK(site.ready("default") == 0);
    CHECK(site.ready("other") == 24);
    CHECK(site.broker.core().state().queues.find("other")->scheduled == 2);
    const auto other = site.broker.worker(1000, {"other"});
    auto expected = ids(21, 24);
    const auto moved = ids(1, 20);
    expected.insert(restart ? expected.begin() : expected.end(), moved.begin(), moved.end());
    CHECK(site.work_off(other) == expected);
    site.broker.advance_alive(1min, {site.client, other});
    CHECK(site.work_off(other) == ids(25, 26));
  }
}

TEST_CASE("tasks that left a lane on disk for another one and back are granted once") {
  Site site;
  site.submit(1, 30);
  TaskFilter old = in_queue("default");
  ChangeTasks away = change(1, TaskAction::move, old);
  away.filter.id = id(9).to_string();
  away.queue = "other";
  CHECK(site.give(away).changed == 1);
  ChangeTasks back = change(2, TaskAction::move, in_queue("other"));
  back.queue = "default";
  CHECK(site.give(back).changed == 1);
  ChangeTasks gone = away;
  gone.id = id(3'000'000);
  gone.filter.id = id(12).to_string();
  CHECK(site.give(gone).changed == 1);
  auto order = site.work_off(site.broker.worker(1000));
  CHECK(order.size() == 29);
  std::sort(order.begin(), order.end());
  auto expected = ids(1, 30);
  std::erase(expected, id(12));
  CHECK(order == expected);
  CHECK(site.ready("other") == 1);
  CHECK(site.work_off(site.broker.worker(1000, {"other"})) == ids(12, 12));
}

TEST_CASE("a higher priority is granted first, also after a restart") {
  for (const bool restart : {false, true}) {
    CAPTURE(restart);
    Site site;
    site.submit(1, 10);
    ChangeTasks order = change(1, TaskAction::reprioritise);
    order.filter.id = id(7).to_string();
    order.priority = 50;
    CHECK(site.give(order).changed == 1);
    order.id = id(2'000'000);
    CHECK(site.give(order).skipped == std::map<std::string, std::uint64_t>{{"unchanged", 1}});
    if (restart) site.restart();
    const auto order_of_grants = site.work_off(site.broker.worker(1000));
    REQUIRE(order_of_grants.size() == 10);
    CHECK(order_of_grants[0] == id(7));
    CHECK(order_of_grants[1] == id(1));
  }
}

TEST_CASE("a task that runs is not moved, and a full queue takes no more") {
  CoreOptions options = tiny();
  options.queues["small"].max_tasks = 2;
  Site site{true, options};
  const auto worker = site.broker.worker(1);
  site.submit(1, 5);
  ChangeTasks order = change(1, TaskAction::move, in_queue("default"));
  order.queue = "small";
  const Answer answer = site.give(order);
  CHECK(answer.changed == 2);
  CHECK(answer.skipped == std::map<std::string, std::uint64_t>{{"running", 1}, {"queue_full", 2}});
  CHECK(site.ready("small") == 2);
  CHECK(site.ready("default") == 2);
}

TEST_CASE("tasks with a text in their arguments are changed, and the text is kept with the change") {
  for (const bool durable : {true, false}) {
    CAPTURE(durable);
    Site site{durable};
    site.submit(1, 9);
    ChangeTasks order = change(1, TaskAction::cancel, in_queue("default"));
    order.filter.arguments = "other";
    CHECK(site.give(order).matched == 0);
    order.id = id(2'000'000);
    order.filter.arguments = "ARGUMENTS";
    CHECK(site.give(order).changed == 9);
  }
  forkmill::broker::BulkChange kept;
  kept.order = change(2, TaskAction::drop);
  kept.order.filter.arguments = "@example.org";
  CHECK(forkmill::broker::unpack_change(forkmill::broker::pack_change(kept)).order == kept.order);
}

TEST_CASE("dead letters are retried in another queue, moved, and dropped") {
  for (const bool durable : {true, false}) {
    CAPTURE(durable);
    Site site{durable};
    site.let_fail(1, 6);
    TaskFilter one;
    one.id = id(1).to_string();
    ChangeTasks moved = change(1, TaskAction::move, one);
    moved.queue = "elsewhere";
    CHECK(site.give(moved).matched == 0);  // the task has ended
    moved.id = id(2'000'000);
    moved.filter.state = "failed";
    CHECK(site.give(moved).changed == 1);
    CHECK(site.give(change(2, TaskAction::retry, in_queue("elsewhere"))).changed == 1);
    CHECK(site.ready("elsewhere") == 1);
    ChangeTasks broke = change(3, TaskAction::retry, in_queue("dying"));
    broke.filter.text = "it broke";
    broke.filter.until = milliseconds{1};
    CHECK(site.give(broke).matched == 0);
    broke.id = id(2'000'001);
    broke.filter.until = {};
    broke.queue = "other";
    CHECK(site.give(broke).changed == 5);
    CHECK(site.ready("other") == 5);
    CHECK(site.broker.core().state().totals.dead_letters == 0);
    site.let_fail(11, 13);
    CHECK(site.give(change(4, TaskAction::drop)).changed == 3);
    CHECK(site.broker.core().state().totals.dead_letters == 0);
  }
}

TEST_CASE("a command that is repeated is done once, also by a broker that was restarted") {
  Site site;
  site.let_fail(1, 5);
  ChangeTasks order = change(1, TaskAction::retry);
  order.queue = "elsewhere";
  CHECK(site.give(order).changed == 5);
  site.let_fail(11, 12);
  CHECK(site.give(order).changed == 5);
  CHECK(site.broker.core().state().totals.dead_letters == 2);
  site.restart();
  CHECK(site.give(order).changed == 5);
  ChangeTasks other = order;
  other.action = TaskAction::drop;
  CHECK(site.give(other).code == Errc::bad_request);
  CHECK(site.give(change(2, TaskAction::retry)).changed == 2);
}

TEST_CASE("a change goes on after a restart where it was, and counts each task once") {
  CoreOptions options = tiny();
  Site site{true, options};
  site.submit(1, 1700);
  ChangeTasks order = change(1, TaskAction::reprioritise, in_queue("default"));
  order.priority = 9;
  site.broker.hold_commits();
  site.broker.send(site.client, Command{++site.last_id, order});
  // The store takes the record of the change and some pieces, then the broker ends.
  site.broker.release_commits();
  const Answer whole = site.taken();
  CHECK(whole.changed == 1700);
  CHECK(whole.rows == 1000);
  site.restart();
  CHECK(site.give(order).changed == 1700);
}

TEST_CASE("tasks that come after the command stay") {
  Site site;
  site.submit(1, 10);
  site.broker.hold_commits();
  site.broker.send(site.client, Command{++site.last_id, change(1, TaskAction::cancel)});
  site.broker.submit(site.client, {task(50)});
  site.broker.release_commits();
  CHECK(site.taken().changed == 10);
  CHECK(site.ready("default") == 1);
}

TEST_CASE("a command that is repeated leaves alone what came after it was first given") {
  for (const bool restart : {false, true}) {
    CAPTURE(restart);
    Site site;
    ChangeTasks order = change(1, TaskAction::cancel);
    order.filter.id = id(5).to_string();
    CHECK(site.give(order).matched == 0);
    if (restart) site.restart();
    site.submit(5, 5);
    CHECK(site.give(order).matched == 0);
    CHECK(site.ready("default") == 1);
    order.id = id(2'000'000);
    CHECK(site.give(order).changed == 1);
    CHECK(site.ready("default") == 0);
  }
}

TEST_CASE("a change that waited over a restart leaves alone what came since") {
  CoreOptions options = tiny();
  options.restart_grace = 1s;
  Site site{true, options};
  const auto worker = site.broker.worker(1);
  site.submit(1, 3);
  REQUIRE(site.broker.grants(worker).size() == 1);
  site.broker.restart();
  site.client = site.broker.client();
  const ChangeTasks order = change(1, TaskAction::cancel, in_queue("default", "ready"));
  site.broker.send(site.client, Command{++site.last_id, order});
  CHECK(site.broker.take<Reply>(site.client).empty());
  site.submit(4, 6);
  site.restart();
  site.submit(7, 7);
  site.broker.send(site.client, Command{++site.last_id, order});
  CHECK(site.broker.take<Reply>(site.client).empty());
  site.broker.advance_alive(1s, {site.client});
  site.broker.advance_alive(1ms, {site.client});
  CHECK(site.taken().changed == 3);
  CHECK(site.ready("default") == 4);
}

TEST_CASE("one principal has half of the changes that may be under way") {
  MemoryStore store{"s", true};
  Principals site{&store, tiny()};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  site.broker.submit(alice, {task(1)});
  site.broker.hold_commits();
  for (std::uint64_t n = 1; n <= 9; ++n)
    site.broker.send(alice, Command{n, change(n, TaskAction::cancel, in_queue("elsewhere"))});
  site.broker.send(bob, Command{1, change(20, TaskAction::cancel, in_queue("elsewhere"))});
  site.broker.release_commits();
  std::size_t done = 0;
  std::size_t refused = 0;
  for (const Reply& reply : site.broker.take<Reply>(alice)) {
    done += reply.code == Errc::ok ? 1 : 0;
    refused += reply.code == Errc::too_many_waiting ? 1 : 0;
  }
  CHECK(done == 8);
  CHECK(refused == 1);
  CHECK(site.broker.take<Reply>(bob).at(0).code == Errc::ok);
}

TEST_CASE("a principal changes its own tasks, and those of queues that it manages, and no others") {
  for (const bool durable : {true, false}) {
    CAPTURE(durable);
    MemoryStore store{"s", true};
    Principals site{durable ? &store : nullptr, tiny()};
    site.bob.manage = {"default"};
    site.alice.max_priority = 10;
    site.alice.submit = {"default", "hers"};
    const auto alice = site.client(Principals::kAlice);
    const auto bob = site.client(Principals::kBob);
    site.broker.submit(alice, {task(1), task(2)});
    site.broker.submit(bob, {task(3)});
    const auto give = [&](const Broker::Peer& peer, ChangeTasks order) {
      static std::uint64_t last_id = 0;
      site.broker.send(peer, Command{++last_id, std::move(order)});
      return answer_of(site.broker.take<Reply>(peer).at(0));
    };
    ChangeTasks order = change(1, TaskAction::move);
    order.queue = "other";
    CHECK(give(alice, order).code == Errc::right_missing);
    order.queue = "hers";
    CHECK(give(alice, order).changed == 2);
    CHECK(give(bob, order).code == Errc::bad_request);  // the id is taken
    ChangeTasks high = change(2, TaskAction::reprioritise);
    high.priority = 11;
    CHECK(give(alice, high).code == Errc::right_missing);
    CHECK(give(bob, change(3, TaskAction::cancel)).changed == 1);
    order = change(4, TaskAction::move);
    order.queue = "default";
    CHECK(give(alice, order).changed == 2);
    CHECK(give(bob, change(5, TaskAction::cancel)).changed == 2);
    std::string seen;
    CHECK(site.query(alice, QueryKind::changes, "", &seen) == Errc::ok);
    CHECK(seen.find(id(1'000'001).to_string()) != std::string::npos);
    CHECK(seen.find(id(1'000'003).to_string()) == std::string::npos);
  }
}

TEST_CASE("orders that make no sense are refused, and change nothing") {
  Site site;
  site.submit(1, 3);
  ChangeTasks order = change(1, TaskAction::cancel, in_queue("default", "failed"));
  CHECK(site.give(order).code == Errc::bad_request);
  order = change(1, TaskAction::cancel, in_queue("default", "nonsense"));
  CHECK(site.give(order).code == Errc::bad_request);
  order = change(1, TaskAction::drop, in_queue("default", "ready"));
  CHECK(site.give(order).code == Errc::bad_request);
  order = change(1, TaskAction::move);
  CHECK(site.give(order).code == Errc::name_invalid);
  order = change(1, TaskAction::move, in_queue("default", "succeeded"));
  order.queue = "other";
  CHECK(site.give(order).code == Errc::bad_request);
  order = change(1, TaskAction::reprioritise);
  order.priority = 101;
  CHECK(site.give(order).code == Errc::option_out_of_range);
  order = change(1, TaskAction::cancel);
  order.id = {};
  CHECK(site.give(order).code == Errc::bad_request);
  CHECK(site.ready("default") == 3);
}

TEST_CASE("a task that must not run twice is left alone until its worker may have come back") {
  CoreOptions options = tiny();
  options.restart_grace = 1s;
  Site site{true, options};
  const auto worker = site.broker.worker(1);
  TaskOptions once;
  once.at_most_once = true;
  site.submit(1, 2, once);
  REQUIRE(site.broker.grants(worker).size() == 1);
  site.broker.restart();
  site.client = site.broker.client();
  ChangeTasks order = change(1, TaskAction::move);
  order.queue = "other";
  site.broker.send(site.client, Command{1, order});
  CHECK(site.broker.take<Reply>(site.client).empty());
  site.broker.advance(1s);
  site.broker.advance(1ms);
  CHECK(site.taken().changed == 1);
  CHECK(site.work_off(site.broker.worker(10, {"other"})) == ids(2, 2));
}

}  // namespace bulk_test
