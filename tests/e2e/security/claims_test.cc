// Peers of one principal that name the tasks, processes, holdings and names of another one, against a live broker.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/serialize.h>

#include <algorithm>
#include <deque>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/security/keyed_site.h"

namespace claims_test {

using namespace forkmill;
using namespace forkmill::tests;
using namespace std::chrono_literals;

namespace {

constexpr Task<std::string(std::string)> kNamed{"claims.echo"};
constexpr std::uint64_t kInstance = 4711;

proto::Hello worker_for(std::uint64_t instance, std::vector<std::string> queues, std::uint64_t order = 1) {
  return worker_hello(instance, std::move(queues), {{std::string{kNamed.name()}, kNamed.signature()}}, order);
}

std::vector<proto::Grant> grants_of(const std::vector<proto::GrantedTask>& tasks) {
  std::vector<proto::Grant> all;
  for (const auto& task : tasks) all.push_back(task.grant);
  return all;
}

bool are_accepted(const std::vector<Future<std::string>>& futures) {
  return std::all_of(futures.begin(), futures.end(),
                     [](const auto& future) { return future.state() != FutureState::pending; });
}

std::vector<Future<std::string>> submit(Client& client, std::size_t count) {
  std::vector<Future<std::string>> futures;
  for (std::size_t i = 0; i < count; ++i) futures.push_back(client.submit(kNamed, std::to_string(i)));
  REQUIRE(eventually([&] { return are_accepted(futures); }));
  return futures;
}

std::string packed(const std::string& text) { return pack_value(text); }

// Opens or makes the lock, and returns its number.
std::uint64_t open_lock(HandPeer& client, const std::string& name) {
  proto::Operation open;
  open.verb = proto::Verb::open;
  open.spec = proto::ObjectSpec{name, proto::ObjectKind::lock, 0, 0, 0, 0, proto::Durability::memory};
  const auto answer = client.operate(std::move(open));
  REQUIRE(answer.code == Errc::ok);
  return static_cast<std::uint64_t>(answer.a);
}
proto::OperationAnswer on_lock(HandPeer& client, std::uint64_t lock, proto::Verb verb, std::int64_t token = 0) {
  proto::Operation operation;
  operation.verb = verb;
  operation.object = lock;
  operation.wait = 0ms;
  operation.a = token;
  return client.operate(std::move(operation));
}

// A new queue can be named, and the worker does the task in it.
void check_new_queue(const KeyedSite& site, HandPeer& worker) {
  worker.greet(worker_for(kInstance, {"a-new-queue"}));
  worker.send(proto::Credit{1});
  Client client{site.cluster.endpoint()};
  auto future = client.with({.queue = "a-new-queue"}).submit(kNamed, "x");
  worker.succeed(grants_of(worker.await_grants(1)), packed("honest"), 1);
  CHECK(future.get_for(60s) == "honest");
}

// The bytes of a number of eight bytes in msgpack.
std::string packed_number(std::uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

}  // namespace

TEST_CASE("after a restart, a worker is believed none of the stored tasks that it could not have been granted") {
  constexpr std::size_t kTasks = 20;
  const Folder data;
  KeyedSite site{{"--data", data.path("data"), "--restart-grace", "5s", "--session-timeout", "60s"}};
  Client client{site.cluster.endpoint()};
  HandPeer honest = site.as_owner();
  const auto before = honest.greet(worker_for(kInstance, {"default"}));
  honest.send(proto::Credit{kTasks});
  auto futures = submit(client, kTasks);
  const auto grants = grants_of(honest.await_grants(kTasks));
  site.restart();

  proto::Hello claim = worker_for(1, {"elsewhere"});
  claim.worker.holding = grants;
  claim.worker.holding_store = before.store;
  SUBCASE("by the wrong queue") {}
  SUBCASE("by the wrong name") {
    claim.worker.queues = {"default"};
    claim.worker.tasks = {{"other.task", kNamed.signature()}};
  }
  SUBCASE("by another signature") {
    claim.worker.queues = {"default"};
    claim.worker.tasks = {{std::string{kNamed.name()}, "i32(i32)"}};
  }
  HandPeer mallory = site.as(site.mallory);
  CHECK(mallory.greet(claim).abandon == grants);
  mallory.succeed(grants, packed("stolen"), 0);
  mallory.settle();

  HandPeer back = site.as_owner();
  proto::Hello again = worker_for(kInstance, {"default"}, 2);
  again.resume = before.session;
  again.worker.holding = grants;
  again.worker.holding_store = before.store;
  CHECK(back.greet(again).abandon.empty());
  back.succeed(grants, packed("honest"), kTasks);
  for (auto& future : futures) CHECK(future.get_for(60s) == "honest");
}

TEST_CASE("a worker that may not serve the queue of stored tasks does not even get a session to claim them") {
  const KeyedSite site{{"--memory"}, "serve=evil.*"};
  HandPeer mallory = site.as(site.mallory);
  REQUIRE_FALSE(mallory.try_to_greet(worker_for(1, {"default"})));
  CHECK(mallory.why_refused().code == Errc::right_missing);
  CHECK(mallory.try_to_greet(worker_for(1, {"evil.queue"}, 2)));
}

TEST_CASE("a worker ends no clients in processes of another principal's worker, and frees none of their locks") {
  const KeyedSite site{{"--memory", "--session-timeout", "60s"}};
  constexpr std::uint32_t kPid = 50;
  HandPeer worker = site.as(site.alice);
  worker.greet(worker_for(kInstance, {"default"}));
  HandPeer holder = site.as(site.alice);
  proto::Hello inside = client_hello(8);
  inside.child_of = kInstance;
  inside.pid = kPid;
  holder.greet(inside);
  const auto lock = open_lock(holder, "shared");
  REQUIRE(on_lock(holder, lock, proto::Verb::acquire).code == Errc::ok);
  HandPeer other = site.as(site.alice_next);
  other.greet(client_hello(9));
  REQUIRE(open_lock(other, "shared") == lock);

  HandPeer mallory = site.as(site.mallory);
  mallory.greet(worker_for(kInstance, {"default"}, ~std::uint64_t{0}));
  mallory.send(proto::ChildrenGone{{kPid}, {}});
  mallory.settle();
  CHECK(on_lock(other, lock, proto::Verb::acquire).code == Errc::timeout);
  // A client that says it is the holder, and leaves, frees none either.
  HandPeer impostor = site.as(site.mallory);
  proto::Hello forged = inside;
  forged.pid = kPid + 1;  // the worker of its own principal has said that the other one is gone
  forged.order = ~std::uint64_t{0};
  impostor.greet(forged);
  impostor.settle();
  impostor.send(proto::Goodbye{});
  impostor.send(proto::Heartbeat{});
  CHECK(impostor.await<proto::ErrorMessage>().code == Errc::hello_required);
  CHECK(on_lock(other, lock, proto::Verb::acquire).code == Errc::timeout);
  holder.settle();  // its session goes on

  worker.send(proto::ChildrenGone{{kPid}, {}});
  worker.settle();
  CHECK(on_lock(other, lock, proto::Verb::acquire).code == Errc::ok);
}

TEST_CASE("a lock is not released by a client of another principal, which does not learn its token either") {
  const KeyedSite site{{"--memory", "--session-timeout", "60s"}};
  HandPeer holder = site.as(site.alice);
  holder.greet(client_hello(8));
  const auto lock = open_lock(holder, "shared");
  const auto token = on_lock(holder, lock, proto::Verb::acquire).a;
  HandPeer mallory = site.as(site.mallory);
  mallory.greet(client_hello(9));
  REQUIRE(open_lock(mallory, "shared") == lock);
  const auto seen = on_lock(mallory, lock, proto::Verb::look);
  CHECK(seen.a == 1);
  CHECK(seen.b == 0);
  for (const auto guess : {std::int64_t{0}, token}) {
    CHECK(on_lock(mallory, lock, proto::Verb::release, guess).code == Errc::not_held);
    CHECK(on_lock(mallory, lock, proto::Verb::acquire).code == Errc::timeout);
  }
  HandPeer other = site.as(site.alice_next);
  other.greet(client_hello(10));
  CHECK(open_lock(other, "shared") == lock);
  CHECK(on_lock(other, lock, proto::Verb::release, token).code == Errc::ok);
  CHECK(on_lock(mallory, lock, proto::Verb::acquire).code == Errc::ok);
}

TEST_CASE("a worker ends no task that another one runs, with any grants that it names") {
  const KeyedSite site{{"--memory", "--session-timeout", "60s"}};
  Client client{site.cluster.endpoint()};
  HandPeer honest = site.as(site.alice);
  honest.greet(worker_for(kInstance, {"default"}));
  honest.send(proto::Credit{2});
  auto futures = submit(client, 2);
  const auto grants = grants_of(honest.await_grants(2));

  HandPeer mallory = site.as(site.mallory);
  proto::Hello forged = worker_for(kInstance, {"default"}, ~std::uint64_t{0});
  forged.worker.holding = grants;
  CHECK(mallory.greet(forged).abandon == grants);
  mallory.succeed(grants, packed("forged"), 0);
  mallory.send(proto::Return{grants, 0, {}, {}});
  mallory.settle();
  CHECK(std::none_of(futures.begin(), futures.end(), [](const auto& future) { return future.ready(); }));
  honest.succeed(grants, packed("honest"), 2);
  for (auto& future : futures) CHECK(future.get_for(60s) == "honest");
}

TEST_CASE("lists tell the numbers of sessions to their own principal and to operators alone, and no log does") {
  const KeyedSite site{{"--memory", "--log-level", "trace"}};
  HandPeer alice = site.as(site.alice);
  const auto welcome = alice.greet(worker_for(kInstance, {"default"}));
  HandPeer client = site.as(site.alice);
  const auto session = client.greet(client_hello(8)).session;
  const auto tells = [&](HandPeer peer, std::uint64_t instance, proto::SessionId which) {
    peer.greet(client_hello(instance));
    std::string told;
    for (const auto kind : {proto::QueryKind::workers, proto::QueryKind::processes, proto::QueryKind::status}) {
      peer.send(proto::Query{static_cast<std::uint64_t>(kind), kind, "", {}});
      told += std::string{peer.await<proto::Reply>().body.view()};
    }
    return told.find(packed_number(which.value())) != std::string::npos;
  };
  CHECK_FALSE(tells(site.as(site.mallory), 1, welcome.session));
  CHECK_FALSE(tells(site.as(site.mallory), 2, session));
  CHECK(tells(site.as(site.alice), 3, welcome.session));
  CHECK(tells(site.as_owner(), 4, welcome.session));
  const std::string log = site.cluster.log("broker.log");
  REQUIRE(log.find("listening on") != std::string::npos);
  for (const auto& number : {welcome.session.value(), session.value()}) {
    std::ostringstream hexadecimal;
    hexadecimal << std::hex << number;
    CHECK(log.find(std::to_string(number)) == std::string::npos);
    CHECK(log.find(hexadecimal.str()) == std::string::npos);
  }
}

TEST_CASE("a worker of other queues does not have the tasks of a queue rejected by a signature of its own") {
  const KeyedSite site{{"--memory"}, "serve=evil.*"};
  HandPeer mallory = site.as(site.mallory);
  mallory.greet(worker_hello(1, {"evil.queue"}, {{std::string{kNamed.name()}, "i32(i32)"}}));
  Client client{site.cluster.endpoint()};
  auto futures = submit(client, 1);
  HandPeer honest = site.as_owner();
  honest.greet(worker_for(kInstance, {"default"}));
  honest.send(proto::Credit{1});
  honest.succeed(grants_of(honest.await_grants(1)), packed("honest"), 1);
  CHECK(futures[0].get_for(60s) == "honest");
}

TEST_CASE("one principal with many clients and many tasks does not keep another one waiting") {
  const KeyedSite site{{"--memory", "--session-timeout", "60s"}};
  std::deque<HandPeer> crowd;
  for (std::uint64_t instance = 1; instance <= 20; ++instance) {
    HandPeer& one = crowd.emplace_back(site.endpoint(), site.keys_of(site.mallory));
    one.greet(client_hello(instance));
    proto::Submit flood;
    for (std::uint64_t n = 0; n < 100; ++n) {
      proto::TaskSpec spec{"default", std::string{kNamed.name()}, 0, {}};
      flood.tasks.push_back({TaskId::make(1'700'000'000'000, instance, n),
                             std::make_shared<const proto::TaskSpec>(std::move(spec)),
                             proto::Payload::copy("\x91\xA0")});
    }
    one.send(std::move(flood));
    one.settle();
  }
  constexpr std::size_t kHonest = 5;
  Client client{site.cluster.endpoint()};
  const auto futures = submit(client, kHonest);
  HandPeer worker = site.as_owner();
  worker.greet(worker_for(kInstance, {"default"}));
  worker.send(proto::Credit{2 * kHonest + 2});
  const auto granted = worker.await_grants(2 * kHonest + 2);
  const auto is_honest = [&](const proto::GrantedTask& task) {
    return std::any_of(futures.begin(), futures.end(), [&](const auto& future) { return future.id() == task.id; });
  };
  CHECK(static_cast<std::size_t>(std::count_if(granted.begin(), granted.end(), is_honest)) == kHonest);
}

TEST_CASE("workers of one principal name half of the queues that the broker can have, and others use new ones") {
  const KeyedSite site{{"--memory", "--session-timeout", "60s"}};
  std::deque<HandPeer> workers;
  Errc refused = Errc::ok;
  while (refused == Errc::ok && workers.size() < 45) {
    std::vector<std::string> queues;
    for (std::size_t i = 0; i < proto::limits::kMaxQueuesPerWorker; ++i)
      queues.push_back("flood-" + std::to_string(workers.size()) + "-" + std::to_string(i));
    HandPeer& worker = workers.emplace_back(site.endpoint(), site.keys_of(site.mallory));
    if (!worker.try_to_greet(worker_for(workers.size(), std::move(queues)))) refused = worker.why_refused().code;
  }
  CHECK(refused == Errc::too_many_queues);
  CHECK(workers.size() == 20);  // 19 of them serve 4864 queues of 5000
  HandPeer honest = site.as(site.alice);
  check_new_queue(site, honest);
}

TEST_CASE("a principal has as many tasks and objects as its quotas, and others use new names meanwhile") {
  const KeyedSite site{{"--memory"}, "max-queued=100 max-queued-bytes=1MiB max-objects=50 max-object-bytes=1MiB"};
  HandPeer mallory = site.as(site.mallory);
  mallory.greet(client_hello(1));
  // More names than the broker can have, and again before it looks for unused ones.
  constexpr std::uint64_t kOfMessage = 16'000;
  constexpr std::uint64_t kMessages = 3;
  for (std::uint64_t n = 0; n < kMessages; ++n) {
    proto::Submit flood;
    for (std::uint64_t i = 0; i < kOfMessage; ++i) {
      const std::uint64_t number = n * kOfMessage + i;
      proto::TaskSpec spec{"flood-" + std::to_string(number), "flood." + std::to_string(number), 0, {}};
      flood.tasks.push_back({TaskId::make(1'700'000'000'000, 1, number),
                             std::make_shared<const proto::TaskSpec>(std::move(spec)), proto::Payload::copy("x")});
    }
    mallory.send(std::move(flood));
  }
  std::size_t rejected = 0;
  constexpr std::size_t kOver = kMessages * kOfMessage - 100;
  while (rejected < kOver) {
    const auto all = mallory.await<proto::SubmitAck>().rejected;
    rejected += all.size();
    CHECK(std::all_of(all.begin(), all.end(), [](const auto& one) { return one.code == Errc::quota_exceeded; }));
  }
  HandPeer honest = site.as_owner();
  check_new_queue(site, honest);

  std::size_t made = 0;
  std::uint64_t object = 0;
  for (int n = 0; n < 60; ++n) {
    proto::Operation open;
    open.verb = proto::Verb::open;
    open.spec = proto::ObjectSpec{"flood-" + std::to_string(n), proto::ObjectKind::queue, 0, 0, 0, 0,
                                  proto::Durability::memory};
    const auto answer = mallory.operate(std::move(open));
    made += answer.code == Errc::ok ? 1 : 0;
    if (answer.code == Errc::ok) object = static_cast<std::uint64_t>(answer.a);
    if (n >= 50) CHECK(answer.code == Errc::quota_exceeded);
  }
  CHECK(made == 50);
  proto::Operation put;
  put.verb = proto::Verb::put;
  put.object = object;
  put.wait = 0ms;
  put.values = {proto::Payload::copy(std::string(std::size_t{2} << 20, 'x'))};
  CHECK(mallory.operate(std::move(put)).code == Errc::quota_exceeded);
  HandPeer owner = site.as_owner();
  owner.greet(client_hello(5));
  open_lock(owner, "a-new-lock");
}

}  // namespace claims_test
