#include "broker/role_checks.h"

#include "tests/unit/broker/broker.h"

namespace role_checks_test {

using namespace forkmill;
using namespace forkmill::proto;
using forkmill::broker::may_be;
using forkmill::broker::may_send;
using forkmill::broker::test::Broker;
using forkmill::broker::test::id;
using forkmill::broker::test::task;

namespace {

const Principal kClient{"alice", {true, false, false}};
const Principal kWorker{"mail", {false, true, false}};
const Principal kAdmin{"root", {false, false, true}};

Message hello(Role role) {
  Hello hello;
  hello.role = role;
  return hello;
}

Message command(AnyCommand command) { return Command{1, std::move(command)}; }

}  // namespace

TEST_CASE("a principal has sessions in its roles only, and an admin those of a client") {
  CHECK(may_send(kClient, hello(Role::client)).ok());
  CHECK(may_send(kAdmin, hello(Role::client)).ok());
  CHECK(may_send(kWorker, hello(Role::worker)).ok());
  const auto refused = may_send(kWorker, hello(Role::client));
  CHECK(refused.code() == Errc::not_permitted);
  CHECK(
      refused.failure().text ==
      "mail has the roles worker, and this needs client or admin; the roles stand in --authorized-keys of the broker");
  CHECK(may_send(kClient, hello(Role::worker)).code() == Errc::not_permitted);
  CHECK(may_be(kAdmin, Role::worker).code() == Errc::not_permitted);
}

TEST_CASE("a peer with an invitation may enrol a key and nothing else, and no other peer may enrol one") {
  Principal invited{"invitation:8c1d", {}};
  invited.invitation = "8c1d";
  CHECK(may_send(invited, Enrol{1, "5e5f", "host"}).ok());
  for (const Message& message : {hello(Role::worker), hello(Role::client), Message{Invite{}}, Message{Submit{}}})
    CHECK(may_send(invited, message).code() == Errc::not_permitted);
  CHECK(may_be(invited, Role::worker).code() == Errc::not_permitted);
  for (const Principal& one : {kClient, kWorker, kAdmin}) CHECK(may_send(one, Enrol{}).code() == Errc::bad_request);
  CHECK(may_send(kAdmin, Invite{}).ok());
  CHECK(may_send(kClient, Invite{}).code() == Errc::not_permitted);
  invited.is_removed = true;
  CHECK_FALSE(may_send(invited, Enrol{}).ok());
}

TEST_CASE("commands of operators need admin, and those about a client's own tasks do not") {
  for (const AnyCommand& one :
       {AnyCommand{WriteBackup{"/x"}}, AnyCommand{RemoveObject{"x"}}, AnyCommand{ReleaseObject{"x"}},
        AnyCommand{PauseQueue{"x"}}, AnyCommand{ResumeQueue{"x"}}, AnyCommand{PauseName{"x"}},
        AnyCommand{ResumeName{"x"}}, AnyCommand{LimitQueue{"x"}}, AnyCommand{SteerWorkers{}},
        AnyCommand{MoveShard{1, "x"}}, AnyCommand{DrainBroker{"x"}}, AnyCommand{UnknownCommand{200}}}) {
    CHECK(may_send(kClient, command(one)).code() == Errc::not_permitted);
    CHECK(may_send(kAdmin, command(one)).ok());
  }
  for (const AnyCommand& one :
       {AnyCommand{SendSignal{"id", 15}}, AnyCommand{RetryDeadLetter{"id", {}}},
        AnyCommand{RetryEdited{"id", {}, {}, {}}}, AnyCommand{DropDeadLetter{"id"}}, AnyCommand{ChangeTasks{}}})
    CHECK(may_send(kClient, command(one)).ok());
  CHECK(may_send(kClient, Query{1, QueryKind::status, {}, {}}).ok());
}

TEST_CASE("a principal whose key was removed may send nothing") {
  Principal removed = kClient;
  removed.is_removed = true;
  for (const Message& message : {hello(Role::client), Message{Heartbeat{}}, Message{Submit{}}, Message{Goodbye{}}}) {
    const auto status = may_send(removed, message);
    CHECK(status.code() == Errc::not_permitted);
    CHECK(status.failure().text.find("the key of alice is not authorized any longer") == 0);
  }
}

TEST_CASE("a session that is expelled ends at once: what the worker ran goes to another, and its peer is told why") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  REQUIRE(broker.grants(worker).size() == 1);
  broker.expel([&](PeerId peer, Role role) -> std::string {
    return peer == worker.id && role == Role::worker ? "no longer" : "";
  });
  const auto goodbyes = broker.take<Goodbye>(worker);
  REQUIRE(goodbyes.size() == 1);
  CHECK(goodbyes[0].code == Errc::not_permitted);
  CHECK(goodbyes[0].text == "no longer");
  CHECK(broker.take<Goodbye>(client).empty());
  broker.send(worker, Heartbeat{});
  CHECK(broker.take<ErrorMessage>(worker).at(0).code == Errc::hello_required);
  const auto other = broker.worker(1);
  const auto grants = broker.grants(other);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].grant.attempt == Attempt{2});
}

TEST_CASE("an expelled client loses its session, and another client keeps its own") {
  Broker broker;
  const auto client = broker.client();
  const auto other = broker.client();
  broker.expel([&](PeerId peer, Role) -> std::string { return peer == client.id ? "no longer" : ""; });
  CHECK(broker.take<Goodbye>(client).size() == 1);
  broker.submit(client, {task(1)});
  CHECK(broker.take<ErrorMessage>(client).at(0).code == Errc::hello_required);
  broker.submit(other, {task(2)});
  CHECK(broker.take<SubmitAck>(other).size() == 1);
}

}  // namespace role_checks_test
