// Results on disk that a client attaches: they come to memory in parts, as the client reads them, and stay until then.
#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "tests/unit/broker/paged_kit.h"

namespace attached_results_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;

namespace {

// Returns what the broker knows of the client behind this connection.
const forkmill::broker::Client& client_of(Paged& paged, const Broker::Peer& peer) {
  const forkmill::broker::Client* found = nullptr;
  for (const auto& [handle, client] : paged.broker.core().state().clients)
    if (client->session.peer == peer.id) found = client.get();
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("a client that attaches many large results is sent them in parts, which are not in memory all at once") {
  constexpr std::uint64_t kTasks = 40;
  // Results of one answer of the store, results under way, results that may stay, those of the last acknowledgement,
  // and a task.
  constexpr std::size_t kInMemory = 8 + 2 + 2 + 2 + 1;
  CoreOptions options = tiny();
  options.kept_results = 1;
  Paged paged{options};
  const auto worker = paged.leave_large_results(kTasks);
  REQUIRE(paged.paged_out() + paged.resident() == kTasks);
  const auto late = paged.reader(2);
  paged.broker.send(late, Attach{ids(1, 30)});
  paged.broker.send(late, Attach{ids(31, kTasks)});
  // A message that comes later does not wait until the client has been sent all results.
  paged.broker.submit(late, {task(100)});
  CHECK(paged.broker.take<SubmitAck>(late).size() == 1);
  std::unordered_set<TaskId> received;
  for (std::size_t round = 0; received.size() < kTasks; ++round) {
    REQUIRE(round < 2 * kTasks);
    CHECK(paged.resident() <= kInMemory);
    for (const auto& result : paged.read(late)) CHECK(received.insert(result.id).second);
  }
  CHECK(paged.broker.results(late).empty());
}

TEST_CASE("results that a client attaches do not end before it has been sent them, however slowly it reads") {
  constexpr std::uint64_t kTasks = 40;
  Paged paged;
  auto worker = paged.leave_large_results(kTasks);
  REQUIRE(paged.paged_out() + paged.resident() == kTasks);
  SUBCASE("of this run of the broker") {}
  SUBCASE("whose time was over when the broker was started again") {
    paged.broker.now.steady += 24h;
    paged.broker.now.unix_time += 24h;
    paged.broker.restart();
    worker = paged.broker.worker(1);
  }
  const auto slow = paged.reader(2);
  paged.broker.send(slow, Attach{ids(1, kTasks / 2)});
  paged.broker.send(slow, Attach{ids(kTasks / 2 + 1, kTasks)});
  paged.broker.advance_alive(11min, {slow, worker});
  CHECK(paged.paged_out() > kTasks / 2);
  std::unordered_set<TaskId> received;
  for (std::size_t round = 0; received.size() < kTasks; ++round) {
    REQUIRE(round < 2 * kTasks);
    for (const auto& result : paged.read(slow)) {
      CHECK(result.outcome.kind == OutcomeKind::succeeded);
      CHECK(received.insert(result.id).second);
    }
  }
  CHECK(paged.broker.core().state().paging.held.empty());
  paged.broker.send(slow, Goodbye{});
  paged.broker.advance_alive(13min, {worker});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("results that a client attaches end in time once the client has gone, or has attached too many") {
  constexpr std::uint64_t kTasks = 40;
  CoreOptions options = tiny();
  bool goes = false;
  SUBCASE("gone") { goes = true; }
  SUBCASE("too many") { options.resident.attaching = 20; }
  Paged paged{options};
  const auto worker = paged.leave_large_results(kTasks);
  const auto late = paged.reader(2);
  Attach twice{ids(1, kTasks)};
  twice.ids.insert(twice.ids.end(), twice.ids.begin(), twice.ids.begin() + kTasks);  // counts once
  paged.broker.send(late, twice);
  std::size_t attaching = 0;
  for (const auto& [handle, client] : paged.broker.core().state().clients) attaching += client->attaching.rest.size();
  CHECK((attaching > 0) == goes);
  CHECK(attaching <= kTasks);
  CHECK(paged.broker.core().state().paging.held.size() == attaching);
  if (goes) paged.broker.send(late, Goodbye{});
  CHECK(paged.broker.core().state().paging.held.empty());
  paged.broker.advance_alive(13min, {worker});  // a client that is cut off falls silent
  paged.broker.advance_alive(13min, {worker});
  CHECK(paged.resident() + paged.paged_out() == 0);
}

TEST_CASE("results that keep coming to a client do not hold up those on disk that it attaches") {
  constexpr std::uint64_t kTasks = 20;
  Paged paged;
  const auto worker = paged.leave_large_results(kTasks);
  const auto busy = paged.reader(1);
  paged.broker.send(busy, Attach{ids(1, kTasks)});
  std::unordered_set<TaskId> attached;
  for (std::uint64_t round = 0; attached.size() < kTasks; ++round) {
    REQUIRE(round < 20 * kTasks);
    paged.broker.submit(busy, {task(1000 + round)});  // another result comes for each one that is sent
    for (const auto& granted : paged.broker.grants(worker)) paged.broker.succeed(worker, granted.grant, "small");
    for (const auto& result : paged.read(busy))
      if (result.outcome.value.size() > 10) CHECK(attached.insert(result.id).second);
  }
}

TEST_CASE("results that have been fetched for a client are sent in their turn although a later message of it waits") {
  constexpr std::uint64_t kAttached = 30;
  constexpr std::uint64_t kTasks = 40;
  Paged paged;
  paged.leave_large_results(kTasks);
  const auto late = paged.reader(2);
  paged.broker.send(late, Attach{ids(1, kAttached)});
  const auto& client = client_of(paged, late);
  std::vector<TaskId> received;
  const auto read = [&] {
    for (const auto& result : paged.read(late)) received.push_back(result.id);
  };
  paged.broker.hold_commits();  // and the store's answers: the next part is asked for, and does not come yet
  for (std::size_t round = 0; !client.attaching.goes_on; ++round) {
    REQUIRE(round < kAttached);
    read();
  }
  REQUIRE(received.size() < kAttached);
  paged.broker.send(late, Cancel{{id(35)}});
  CHECK(client.parked);
  CHECK(paged.broker.take<CancelReply>(late).empty());
  paged.broker.release_commits();
  CHECK(paged.broker.take<CancelReply>(late).size() == 1);
  for (std::size_t round = 0; received.size() < kAttached; ++round) {
    REQUIRE(round < 2 * kAttached);
    read();
  }
  CHECK(received == ids(1, kAttached));
  CHECK(paged.broker.core().state().paging.held.empty());
}

TEST_CASE("a client that comes back attaches again, and is sent all results, twice only those that were under way") {
  Paged paged;
  const auto worker = paged.leave_large_results(20);
  Hello hello;
  hello.name = "late";
  hello.window_results = 4;
  hello.instance = 77;
  auto late = paged.broker.connect(hello);
  paged.broker.send(late, Attach{ids(1, 20)});
  const auto before = paged.broker.results(late);
  REQUIRE(before.size() == 4);  // not acknowledged
  hello.resume = {late.session};
  late = paged.broker.connect(hello);
  paged.broker.send(late, Attach{ids(1, 20)});
  std::unordered_set<TaskId> received;
  std::size_t sent = 0;
  for (std::size_t round = 0; received.size() < 20; ++round) {
    REQUIRE(round < 40);
    const auto results = paged.read(late);
    for (const auto& result : results) received.insert(result.id);
    sent += results.size();
  }
  CHECK(sent <= 20 + before.size());
}

}  // namespace attached_results_test
