// Quotas of results: finished tasks that the broker must keep count for their principal.
#include "tests/unit/broker/principals_kit.h"

namespace forkmill::broker::test::result_quota_test {

namespace {

constexpr std::size_t kRecord = 512;       // bytes for a finished task beside its result
constexpr std::size_t kOne = kRecord + 6;  // with the value "result"

const Owner& owner(Principals& site, std::string_view name) {
  for (const Owner& one : site.broker.core().state().tasks.owners.all())
    if (one.name == name) return one;
  FAIL("no such owner");
  std::abort();
}

void acknowledge_all(Broker& broker, const Broker::Peer& client) {
  broker.results(client);
  for (std::uint64_t seq = 1; seq < 100; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
}

void pass_result_ttl(Broker& broker) {
  for (int minutes = 0; minutes < 12; ++minutes) broker.advance(1min);
}

void succeed_all(Broker& broker, const Broker::Peer& worker) {
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant);
}

}  // namespace

TEST_CASE("beyond its quota of results a principal submits nothing, what runs ends, and fetching makes room") {
  Principals site;
  site.alice.quotas.result_bytes = 1000;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto worker = site.broker.worker(100);
  site.broker.submit(alice, {task(1), task(2), task(3)});
  const auto grants = site.broker.grants(worker);
  REQUIRE(grants.size() == 3);
  site.broker.succeed(worker, grants[0].grant);
  site.broker.succeed(worker, grants[1].grant);
  CHECK(owner(site, "alice").results.bytes == 2 * kOne);
  const auto rejected = site.broker.submit_rejected(alice, task(4));
  CHECK(rejected.code == Errc::results_full);
  CHECK(rejected.text ==
        "alice has 2 results of 1036 bytes that no client has fetched or that have a time of their own, and the quota "
        "max-result-bytes=1000 of its line in --authorized-keys of the broker");
  CHECK(site.broker.core().state().totals.refused.count == 1);
  site.broker.submit(bob, {task(5)});
  CHECK(owner(site, "bob").tasks == 1);
  site.broker.succeed(worker, grants[2].grant);
  CHECK(owner(site, "alice").results.tasks == 3);
  acknowledge_all(site.broker, alice);
  CHECK(owner(site, "alice").results.tasks == 0);
  CHECK(owner(site, "alice").results.bytes == 0);
  site.broker.submit(alice, {task(4)});
  CHECK(owner(site, "alice").tasks == 1);
}

TEST_CASE("a result under way to a client that does not confirm it counts, and a repeated submission finds it") {
  Principals site;
  site.alice.quotas.result_bytes = 1;
  const auto alice = site.client(Principals::kAlice);
  const auto worker = site.broker.worker(100);
  site.broker.submit(alice, {task(1)});
  succeed_all(site.broker, worker);
  REQUIRE(site.broker.results(alice).size() == 1);
  CHECK(site.broker.submit_rejected(alice, task(2)).code == Errc::results_full);
  site.broker.take<SubmitAck>(alice);
  site.broker.submit(alice, {task(1)});
  CHECK(site.broker.take<SubmitAck>(alice).back().rejected.empty());
}

TEST_CASE("a result with a time of its own counts until that is over, and a failure until it is a dead letter") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  Principals site{&store, options};
  const auto alice = site.client(Principals::kAlice);
  TaskOptions own;
  own.result_ttl = 1h;
  site.broker.submit(alice, {task(1, own), task(2), task(3)});
  const auto worker = site.broker.worker(100);
  for (const auto& granted : site.broker.grants(worker))
    granted.id == id(2) ? site.broker.fail(worker, granted.grant) : site.broker.succeed(worker, granted.grant);
  const std::size_t all = owner(site, "alice").results.bytes;
  CHECK(all > 3 * kRecord + std::string_view{"it broke"}.size());
  acknowledge_all(site.broker, alice);
  CHECK(owner(site, "alice").results.tasks == 1);
  CHECK(owner(site, "alice").results.bytes == kOne);
  site.broker.restart();  // the store does not know which results were fetched
  CHECK(owner(site, "alice").results.tasks == 3);
  CHECK(owner(site, "alice").results.bytes == all);
  for (int minutes = 0; minutes < 62; ++minutes) site.broker.advance(1min);
  CHECK(owner(site, "alice").results.tasks == 0);
  CHECK(owner(site, "alice").results.bytes == 0);
  CHECK(site.broker.core().state().totals.dead_letters == 1);
}

TEST_CASE("results on disk count as those in memory do") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.resident.results = 0;
  options.restart_grace = 0ms;
  Principals site{&store, options};
  const auto alice = site.client(Principals::kAlice);
  const auto worker = site.broker.worker(100);
  site.broker.submit(alice, {task(1), task(2)});
  site.broker.send(alice, Goodbye{});
  succeed_all(site.broker, worker);
  CHECK(site.broker.core().state().tasks.paged_out() == 2);
  CHECK(owner(site, "alice").results.bytes == 2 * kOne);
  site.broker.restart();
  CHECK(owner(site, "alice").results.bytes == 2 * kOne);
  const auto again = site.client(Principals::kAlice);
  site.broker.send(again, Attach{{id(1), id(2)}});
  acknowledge_all(site.broker, again);
  CHECK(owner(site, "alice").results.bytes == 2 * kOne);  // the submitter does not have them
  pass_result_ttl(site.broker);
  CHECK(owner(site, "alice").results.tasks == 0);
  CHECK(owner(site, "alice").results.bytes == 0);
}

TEST_CASE("if all results together are too many, principals with less than an equal share go on") {
  CoreOptions options;
  options.total.results = 3 * kOne;
  Principals site{nullptr, options};
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto worker = site.broker.worker(100);
  site.broker.submit(alice, {task(1), task(2), task(3)});
  site.broker.submit(bob, {task(4)});
  succeed_all(site.broker, worker);
  CHECK(site.broker.core().state().tasks.owners.results().bytes == 4 * kOne);
  const auto rejected = site.broker.submit_rejected(alice, task(5));
  CHECK(rejected.code == Errc::results_full);
  CHECK(rejected.text.find("the broker has 4 results of 2072 bytes") == 0);
  site.broker.submit(bob, {task(6)});
  CHECK(owner(site, "bob").tasks == 1);
  acknowledge_all(site.broker, bob);
  acknowledge_all(site.broker, alice);
  site.broker.submit(alice, {task(5)});
  CHECK(owner(site, "alice").tasks == 1);
}

TEST_CASE("each time that a client without rights meets the limit of all results is counted, and not each attempt") {
  CoreOptions options;
  options.total.results = kOne;
  Principals site{nullptr, options};
  Hello hello;
  hello.name = "client";
  hello.instance = 7;
  const auto root = site.broker.greet(PeerId{7}, hello);
  const auto worker = site.broker.worker(100);
  const auto& refused = site.broker.core().state().totals.refused;
  site.broker.submit(root, {task(1)});
  succeed_all(site.broker, worker);
  CHECK(site.broker.submit_rejected(root, task(2)).code == Errc::results_full);
  CHECK(site.broker.submit_rejected(root, task(2)).code == Errc::results_full);
  CHECK(refused.count == 1);
  acknowledge_all(site.broker, root);
  site.broker.submit(root, {task(3)});
  succeed_all(site.broker, worker);
  CHECK(site.broker.submit_rejected(root, task(4)).code == Errc::results_full);
  CHECK(refused.count == 2);
}

TEST_CASE("a worker that says what only the broker decides upsets no count") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.resident.results = 0;
  options.restart_grace = 0ms;
  Principals site{&store, options};
  const auto alice = site.client(Principals::kAlice);
  const auto worker = site.broker.worker(100);
  site.broker.submit(alice, {task(1), task(2), task(3)});
  site.broker.send(alice, Goodbye{});
  ErrorReport report;
  report.code = Errc::task_unknown;
  report.message = std::string(1000, 'x');
  const auto grants = site.broker.grants(worker);
  REQUIRE(grants.size() == 3);
  site.broker.finish(worker, grants[0].grant, {OutcomeKind::succeeded, {}, "", Payload::copy("result"), report});
  site.broker.finish(worker, grants[1].grant, {OutcomeKind::expired, {}, "", {}, report});
  site.broker.finish(worker, grants[2].grant, {OutcomeKind::rejected, {}, "", {}, report});
  const std::size_t bytes = owner(site, "alice").results.bytes;
  CHECK(site.broker.core().state().totals.dead_letters == 2);
  site.broker.restart();
  CHECK(owner(site, "alice").results.bytes == bytes);
  CHECK(site.broker.core().state().totals.dead_letters == 2);
  const auto again = site.client(Principals::kAlice);
  site.broker.send(again, Attach{{id(1), id(2), id(3)}});
  const auto results = site.broker.results(again);
  REQUIRE(results.size() == 3);
  for (const TaskResult& result : results) {
    CHECK(result.outcome.kind == (result.id == id(1) ? OutcomeKind::succeeded : OutcomeKind::failed));
    CHECK(result.outcome.error.has_value() == (result.id != id(1)));
  }
  acknowledge_all(site.broker, again);
  pass_result_ttl(site.broker);
  CHECK(owner(site, "alice").results.tasks == 0);
  CHECK(owner(site, "alice").results.bytes == 0);
  CHECK(site.broker.core().state().totals.dead_letters == 2);
}

TEST_CASE("a principal with many dead letters takes none from others") {
  for (const bool by_bytes : {false, true}) {
    CAPTURE(by_bytes);
    CoreOptions options;
    options.dead_letters = by_bytes ? 1000 : 4;
    options.kept_result_bytes = by_bytes ? 4000 : options.kept_result_bytes;
    Principals site{nullptr, options};
    const auto alice = site.client(Principals::kAlice);
    const auto bob = site.client(Principals::kBob);
    const auto worker = site.broker.worker(100);
    const auto fail = [&](const Broker::Peer& client, std::uint64_t n, std::size_t size) {
      Submission one = task(n);
      one.payload = Payload::copy(std::string(size, 'x'));
      site.broker.submit(client, {one});
      for (const auto& granted : site.broker.grants(worker)) site.broker.fail(worker, granted.grant);
      acknowledge_all(site.broker, client);
    };
    fail(alice, 1, 10);
    for (std::uint64_t n = 2; n <= 20; ++n) fail(bob, n, 1000);
    const auto& tasks = site.broker.core().state().tasks;
    CHECK(tasks.find(id(1)) != nullptr);
    CHECK(tasks.find(id(2)) == nullptr);
    CHECK(tasks.find(id(20)) != nullptr);
    CHECK(tasks.size() <= 4);
    CHECK(site.broker.core().state().totals.dead_letters == tasks.size());
  }
}

TEST_CASE("status and metrics say how many results must be kept, and whose they are") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  const auto worker = site.broker.worker(100);
  site.broker.submit(alice, {task(1)});
  succeed_all(site.broker, worker);
  const auto boss = site.client(Principals::kOperator);
  std::string status;
  CHECK(site.query(boss, QueryKind::status, "", &status) == Errc::ok);
  CHECK(status.find("\"unfetched\":{\"tasks\":1,\"bytes\":518,\"limit\":1073741824}") != std::string::npos);
  std::string metrics;
  CHECK(site.query(boss, QueryKind::metrics, "", &metrics) == Errc::ok);
  CHECK(metrics.find(
            "{\"name\":\"alice\",\"tasks\":0,\"task_bytes\":0,\"objects\":0,\"object_bytes\":0,\"answer_bytes\":0,"
            "\"results\":1,\"result_bytes\":518}") != std::string::npos);
}

}  // namespace forkmill::broker::test::result_quota_test
