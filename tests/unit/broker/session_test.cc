#include <algorithm>

#include "tests/unit/broker/broker.h"

namespace session_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::test::id;

TEST_CASE("a peer without a session is told to say HELLO") {
  Broker broker;
  const Broker::Peer stranger{PeerId{77}, SessionId{5}, {}};
  broker.send(stranger, Submit{{task(1)}});
  CHECK(broker.take<ErrorMessage>(stranger).at(0).code == Errc::hello_required);
  broker.send(stranger, Goodbye{});
  CHECK(broker.inbox(stranger).empty());
}

TEST_CASE("a peer without a version in common is refused") {
  Broker broker;
  Hello hello;
  hello.protocol_min = 900;
  hello.protocol_max = 901;
  const auto peer = broker.connect(hello);
  CHECK(broker.take<ErrorMessage>(peer).at(0).code == Errc::version_unsupported);
  broker.submit(peer, {task(1)});
  CHECK(broker.take<ErrorMessage>(peer).at(0).code == Errc::hello_required);
}

TEST_CASE("a role may not send the messages of another role") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.send(client, Credit{5});
  CHECK(broker.take<ErrorMessage>(client).at(0).code == Errc::not_permitted);
  broker.send(worker, Submit{{task(1)}});
  CHECK(broker.take<ErrorMessage>(worker).at(0).code == Errc::not_permitted);
  broker.send(client, Welcome{});
  CHECK(broker.take<ErrorMessage>(client).at(0).code == Errc::not_permitted);
}

TEST_CASE("bytes that are no message get an error and change nothing") {
  Broker broker;
  const auto client = broker.client();
  broker.deliver_garbage(client.id, {Errc::malformed, "nonsense"});
  CHECK(broker.take<ErrorMessage>(client).at(0).code == Errc::malformed);
  broker.submit(client, {task(1)});
  CHECK(broker.take<SubmitAck>(client).size() == 1);
}

TEST_CASE("messages of an earlier session are ignored") {
  Broker broker;
  const auto client = broker.client();
  const auto again = broker.client(client.session);
  CHECK(again.welcome.resumed);
  CHECK(again.session != client.session);
  broker.deliver(again.id, {{client.session, MessageSeq{1}}, Submit{{task(1)}}});
  CHECK(broker.inbox(again).empty());
  CHECK(broker.core().state().tasks.size() == 0);
}

TEST_CASE("heartbeats are answered, and keep a session alive") {
  Broker broker;
  const auto client = broker.client();
  broker.send(client, Heartbeat{});
  CHECK(broker.take<Heartbeat>(client).size() == 1);
  broker.advance_alive(60s, {client});
  broker.submit(client, {task(1)});
  CHECK(broker.take<SubmitAck>(client).size() == 1);
}

TEST_CASE("results under way are sent again in the next session until they are acknowledged") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant);
  const auto first = broker.take<Results>(client);
  REQUIRE(first.size() == 2);
  const auto again = broker.client(client.session);
  broker.advance(1ms);
  auto results = broker.take<Results>(again);
  REQUIRE(results.size() == 1);
  CHECK(results[0].results.size() == 2);
  CHECK(results[0].results[0].id == id(1));
  broker.send(again, ResultAck{{broker.last_taken()}});
  const auto third = broker.client(again.session);
  broker.advance(1ms);
  CHECK(broker.take<Results>(third).empty());
}

TEST_CASE("a client that attaches to another client's task gets the result, finished or not") {
  Broker broker;
  const auto submitter = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(submitter, {task(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  const auto early = broker.client();
  broker.send(early, Attach{{id(1), id(9)}});
  const auto unknown = broker.results(early);
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].outcome.error->code == Errc::task_unknown);
  broker.succeed(worker, grant, "42");
  CHECK(broker.results(early).at(0).outcome.value.view() == "42");
  const auto late = broker.client();
  broker.send(late, Attach{{id(1)}});
  CHECK(broker.results(late).at(0).outcome.value.view() == "42");
  CHECK(broker.results(submitter).size() == 1);
}

TEST_CASE("a silent worker loses its grants to others, and its late outcome is fenced off") {
  Broker broker;
  const auto client = broker.client();
  const auto silent = broker.worker(10);
  broker.submit(client, {task(1)});
  const auto old = broker.grants(silent).at(0).grant;
  const auto other = broker.worker(10);
  broker.advance_alive(12s, {client, other});
  const auto fresh = broker.grants(other);
  REQUIRE(fresh.size() == 1);
  CHECK(fresh[0].grant.attempt == Attempt{2});
  broker.succeed(silent, old, "late");
  CHECK(broker.take<ErrorMessage>(silent).at(0).code == Errc::hello_required);
  Hello hello = Broker::worker_hello();
  hello.resume = silent.session;
  hello.worker.holding = {old};
  const auto back = broker.connect(hello);
  CHECK_FALSE(back.welcome.resumed);
  CHECK(back.welcome.abandon == std::vector{old});
  broker.succeed(back, old, "later");
  CHECK(broker.results(client).empty());
  broker.succeed(other, fresh[0].grant, "right");
  CHECK(broker.results(client).at(0).outcome.value.view() == "right");
}

TEST_CASE("a broker that was suspended gives every peer another session timeout") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  broker.advance(1h);
  broker.succeed(worker, grant);
  CHECK(broker.results(client).size() == 1);
}

TEST_CASE(
    "a worker that resumes keeps the tasks it holds; lost grants go back uncounted, and unknown ones are abandoned") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(2);
  broker.submit(client, {task(1), task(2)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  Hello hello = Broker::worker_hello();
  hello.resume = worker.session;
  const Grant never_given{Epoch{1}, TaskSeq{99}, Attempt{1}};
  hello.worker.holding = {grants[0].grant, never_given};
  const auto again = broker.connect(hello);
  CHECK(again.welcome.resumed);
  CHECK(again.welcome.granted == 2);
  CHECK(again.welcome.abandon == std::vector{never_given});
  broker.send(again, Credit{3});
  const auto regranted = broker.grants(again);
  REQUIRE(regranted.size() == 1);
  CHECK(regranted[0].id == id(2));
  CHECK(regranted[0].grant.attempt == Attempt{1});
  broker.succeed(again, grants[0].grant);
  CHECK(broker.results(client).at(0).id == id(1));
}

TEST_CASE("a worker that says HELLO twice on one connection is one worker") {
  Broker broker;
  const auto client = broker.client();
  const auto first = broker.worker(1);
  broker.submit(client, {task(1)});
  REQUIRE(broker.grants(first).size() == 1);
  // The worker has not heard of that session, and names none.
  const auto second = broker.greet(first.id, Broker::worker_hello());
  CHECK(broker.core().state().workers.size() == 1);
  broker.send(second, Credit{second.welcome.granted + 1});
  const auto grants = broker.grants(second);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(1));
}

TEST_CASE("a HELLO that comes late from a broken connection takes nothing from a worker") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = Broker::worker_hello();
  hello.instance = 7;
  hello.order = 1;
  const auto first = broker.connect(hello);
  hello.resume = first.session;
  hello.order = 3;
  const auto now = broker.connect(hello);
  broker.send(now, Credit{1});
  broker.submit(client, {task(1)});
  const auto grants = broker.grants(now);
  REQUIRE(grants.size() == 1);
  hello.order = 2;
  CHECK_FALSE(broker.connect(hello).session);
  broker.succeed(now, grants[0].grant);
  CHECK(broker.results(client).size() == 1);
}

TEST_CASE("a worker that leaves with running tasks costs them an attempt") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  TaskOptions once;
  once.max_attempts = 1;
  broker.submit(client, {task(1, once), task(2)});
  broker.send(worker, Goodbye{});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(1));
  CHECK(results[0].outcome.kind == OutcomeKind::lost);
  CHECK(results[0].outcome.error->message.find("left") != std::string::npos);
  CHECK(broker.grants(broker.worker(10)).at(0).id == id(2));
}

TEST_CASE("progress is passed on from the current attempt only") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  Grant stale = grant;
  stale.attempt = Attempt{9};
  broker.send(worker, Progress{{{{}, grant, 0.5, "half"}, {{}, stale, 0.9, "no"}}});
  const auto notes = broker.take<Progress>(client).at(0).notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].id == id(1));
  CHECK(notes[0].note == "half");
}

TEST_CASE("a result that is still to be sent is not sent twice, although two clients ask for it again") {
  Broker broker;
  Hello hello;
  hello.window_results = 1;
  const auto client = broker.connect(hello);
  const auto other = broker.connect(hello);
  const auto worker = broker.worker(100);
  broker.submit(client, {task(1), task(2), task(3)});
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant);
  for (int i = 0; i < 3; ++i) broker.send(other, Attach{{id(1), id(2), id(3)}});
  for (int i = 0; i < 3; ++i) broker.send(client, Attach{{id(2), id(3)}});
  for (const auto& peer : {client, other}) {
    std::vector<TaskId> got;
    for (auto results = broker.results(peer); !results.empty(); results = broker.results(peer)) {
      for (const auto& result : results) got.push_back(result.id);
      broker.send(peer, ResultAck{{broker.last_taken()}});
    }
    // The first one was under way to the second client when that asked for it again.
    CHECK(std::count(got.begin(), got.end(), id(1)) == (peer.id == other.id ? 2 : 1));
    CHECK(std::count(got.begin(), got.end(), id(2)) == 1);
    CHECK(std::count(got.begin(), got.end(), id(3)) == 1);
  }
}

TEST_CASE("a client hears of all tasks that it asks for and that are unknown in one message") {
  Broker broker;
  const auto client = broker.client();
  Attach attach;
  for (std::uint64_t n = 1; n <= 4096; ++n) attach.ids.push_back(id(n));
  broker.send(client, attach);
  const auto results = broker.take<Results>(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].results.size() == attach.ids.size());
  CHECK(results[0].results[0].outcome.error->code == Errc::task_unknown);
}

TEST_CASE("the client's window bounds the results under way") {
  Broker broker;
  Hello hello;
  hello.window_results = 3;
  const auto client = broker.connect(hello);
  const auto worker = broker.worker(100);
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= 5; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant);
  CHECK(broker.results(client).size() == 3);
  broker.send(client, ResultAck{{broker.last_taken()}});
  CHECK(broker.results(client).size() == 1);
}

TEST_CASE("a client that says HELLO twice on one connection keeps the second session when the first one times out") {
  Broker broker;
  const auto client = broker.client();
  Hello hello;
  hello.nonce = 5;
  broker.deliver(client.id, {{}, hello});
  const auto second = broker.take<Welcome>(client).at(0).session;
  for (int i = 0; i < 15; ++i) {
    broker.advance(1s);
    broker.deliver(client.id, {{second, MessageSeq{1}}, Heartbeat{}});
  }
  CHECK(broker.take<ErrorMessage>(client).empty());
  CHECK(broker.core().state().clients.size() == 1);
}

TEST_CASE("a peer whose WELCOMEs were all lost resumes the session that it knows, however often it has said HELLO") {
  Broker broker;
  for (const Role role : {Role::client, Role::worker}) {
    Hello hello = Broker::worker_hello();
    hello.role = role;
    hello.name = "w";
    hello.instance = 4711;
    hello.resume = broker.connect(hello).session;
    for (int i = 0; i < 30; ++i) CHECK(broker.connect(hello).welcome.resumed);
  }
}

TEST_CASE("a peer whose WELCOME was lost resumes the previous session again") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  Hello hello = Broker::worker_hello();
  hello.resume = worker.session;
  hello.worker.holding = {grant};
  CHECK(broker.connect(hello).welcome.resumed);
  const auto again = broker.connect(hello);  // as if the first WELCOME had been lost
  CHECK(again.welcome.resumed);
  CHECK(again.welcome.abandon.empty());
  CHECK(broker.core().state().workers.size() == 1);
  broker.succeed(again, grant);
  CHECK(broker.results(client).size() == 1);
  CHECK_FALSE(broker.connect(hello).welcome.resumed);  // that session is over once its peer has used the next one
}

TEST_CASE("an acknowledgement goes with the next message, or alone after ack_delay") {
  CoreOptions options;
  options.ack_delay = 3ms;
  Broker broker{options};
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  CHECK(broker.take<SubmitAck>(client).empty());
  CHECK(broker.core().next_wakeup() <= broker.now.steady + 3ms);
  broker.advance(3ms);
  CHECK(broker.take<SubmitAck>(client).size() == 1);
  broker.submit(client, {task(2)});
  CHECK(broker.take<SubmitAck>(client).empty());
  const auto worker = broker.worker(10);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.take<OutcomeAck>(worker).empty());
  CHECK(broker.take<SubmitAck>(client).size() == 1);
  CHECK(broker.results(client).size() == 1);
  broker.submit(client, {task(3)});
  CHECK(broker.grants(worker).size() == 1);
  CHECK(broker.take<OutcomeAck>(worker).size() == 1);
}

TEST_CASE("the broker of a shard sends peers on that want another one, and refuses those that know of none") {
  const Now now{100s, 1'000s};
  forkmill::broker::Core core{CoreOptions{}, {"store", Epoch{1}, {}, false, "test", {}, {}, 0, 2, 4}, now};
  const auto answers = [&](std::uint32_t shard, std::uint32_t shards) {
    Hello hello;
    hello.nonce = 7;
    hello.shard = shard;
    hello.shards = shards;
    core.handle(now, PeerId{1}, Envelope{{}, hello}, SessionId{9});
    core.flush(now);
    return core.take_effects().sends;
  };
  for (const auto& [shard, shards] : {std::pair{1U, 4U}, {2U, 3U}}) {
    const auto moved = answers(shard, shards);
    REQUIRE(moved.size() == 1);
    CHECK(std::get<Moved>(moved[0].envelope.message) == Moved{7, 4, 0, {}});
  }
  const auto old = answers(0, 0);
  REQUIRE(old.size() == 2);
  CHECK(std::holds_alternative<Moved>(old[0].envelope.message));
  CHECK(std::get<ErrorMessage>(old[1].envelope.message).code == Errc::version_unsupported);
  const auto welcome = answers(2, 4);
  REQUIRE(welcome.size() == 1);
  CHECK(std::get<Welcome>(welcome[0].envelope.message).shard == 2);
  CHECK(std::get<Welcome>(welcome[0].envelope.message).shards == 4);
}

TEST_CASE("a worker whose link began again is not given what its children may have started") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  Hello hello = Broker::worker_hello();
  hello.instance = 7;
  hello.order = 1;
  const auto first = broker.connect(hello);
  broker.send(first, Credit{1});
  const auto grants = broker.grants(first);
  REQUIRE(grants.size() == 1);
  hello.order = 2;  // the new link does not know what the one before had
  const auto second = broker.connect(hello);
  broker.send(second, Credit{1});
  for (const auto& again : broker.grants(second)) CHECK_FALSE(again.grant == grants[0].grant);
  broker.succeed(first, grants[0].grant);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
}

}  // namespace session_test
