// The client's side of a session: PROTOCOL.md, "Sessions".
#include "tests/unit/client/conversation.h"

namespace session_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE("a new connection is greeted with HELLO, and only the WELCOME that answers it opens a session") {
  Conversation c{{.name = "me", .pid = 7}};
  c.link_up();
  auto wrong = c.welcome(9);
  ++wrong.nonce;
  c.answer(wrong);
  CHECK_FALSE(c.session.open());
  --wrong.nonce;
  c.answer(wrong);
  CHECK(c.session.open());
}

TEST_CASE("every HELLO names the client, also to a broker that does not know the session") {
  Conversation c{{.instance = 77}};
  for (std::uint64_t session = 1; session <= 3; ++session) {
    c.link_up();
    const auto [header, hello] = c.take<proto::Hello>();
    CHECK(hello.instance == 77);
    CHECK(hello.resume == proto::SessionId{session - 1});
    proto::Welcome welcome;
    welcome.nonce = hello.nonce;
    welcome.session = proto::SessionId{session};
    welcome.heartbeat = 1s;
    welcome.session_timeout = 5s;
    c.answer(welcome);
    REQUIRE(c.session.open());
    c.link_down();
  }
}

TEST_CASE("submissions from before the session are sent in one message") {
  Conversation c;
  c.submit(1);
  c.submit(2);
  CHECK(c.sent.empty());
  c.open();
  auto [header, submit] = c.take<proto::Submit>();
  CHECK(header.session == proto::SessionId{1});
  CHECK(header.seq == proto::MessageSeq{1});
  CHECK(submit.tasks.size() == 2);
}

TEST_CASE("a result ends its task once, and every copy is acknowledged") {
  Conversation c;
  c.open();
  const auto task = c.submit(5);
  c.acknowledge(c.take<proto::Submit>().first.seq);
  CHECK(c.accepted == std::vector<Cookie>{5});
  CHECK(c.session.load().held_tasks == 0);
  c.result(task);
  c.result(task);
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].cookie == 5);
  CHECK(c.ended[0].outcome.value.view() == "v");
  CHECK(c.session.load().outstanding == 0);
  c.after(20ms);
  CHECK(c.take<proto::ResultAck>().second.messages.size() == 2);
}

TEST_CASE("acknowledgements of results go with a submission, or within 20 ms") {
  Conversation c;
  c.open();
  const auto first = c.submit(1);
  c.take<proto::Submit>();
  c.result(first);
  CHECK(c.count<proto::ResultAck>() == 0);
  CHECK(c.session.next_wakeup() <= c.now + 20ms);
  c.submit(2);
  CHECK(c.count<proto::ResultAck>() == 1);
}

TEST_CASE("a result may arrive before the acknowledgement of its submission") {
  Conversation c;
  c.open();
  const auto task = c.submit(1);
  const auto seq = c.take<proto::Submit>().first.seq;
  c.result(task);
  CHECK(c.ended.size() == 1);
  c.acknowledge(seq);
  CHECK(c.accepted.empty());
  CHECK(c.session.load().held_tasks == 0);
  CHECK(c.session.load().held_bytes == 0);
}

TEST_CASE("stale messages are dropped") {
  Conversation c;
  c.open(1);
  const auto task = c.submit(1);
  c.link_down();
  c.link_up();
  auto welcome = c.welcome(2);
  c.result(task);  // a message of session 1, between HELLO and WELCOME
  CHECK(c.ended.empty());
  c.answer(welcome);
  c.id = proto::SessionId{1};
  c.result(task);
  CHECK(c.ended.empty());
  c.id = proto::SessionId{2};
  c.result(task);
  CHECK(c.ended.size() == 1);
}

TEST_CASE("a new session sends unacknowledged submissions again, but for those that have ended") {
  Conversation c;
  c.open(1);
  const auto done = c.submit(1);
  const auto lost = c.submit(2);
  c.result(done);
  c.link_down();
  const auto later = c.submit(3);
  c.open(2, true);
  auto [header, submit] = c.take<proto::Submit>();
  REQUIRE(submit.tasks.size() == 2);
  CHECK(submit.tasks[0].id == lost);
  CHECK(submit.tasks[1].id == later);
  CHECK(header.seq.value() == 1);
  c.acknowledge(header.seq);
  CHECK(c.session.load().held_tasks == 0);
  CHECK(c.count<proto::Attach>() == 0);
}

TEST_CASE("HELLO names the session to resume") {
  Conversation c;
  c.open(77);
  c.link_down();
  c.link_up();
  CHECK(c.take<proto::Hello>().second.resume == proto::SessionId{77});
}

TEST_CASE("accepted tasks are attached at a broker that does not know the session") {
  Conversation c;
  c.open(1);
  const auto task = c.submit(1);
  c.acknowledge(c.take<proto::Submit>().first.seq);
  c.link_down();
  c.open(2, false);
  CHECK(c.take<proto::Attach>().second.ids == std::vector{task});
  CHECK(c.count<proto::Submit>() == 0);

  proto::Outcome unknown;
  unknown.kind = proto::OutcomeKind::rejected;
  unknown.error = proto::ErrorReport{Errc::task_unknown, {}, {}, {}, {}, {}};
  c.say(proto::Results{{{task, unknown}}});
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].known_before);
}

TEST_CASE("a broker with an older history than it has acknowledged is refused, and everything ends") {
  Conversation c;
  c.open(1);
  c.submit(1);
  c.acknowledge(c.take<proto::Submit>().first.seq, {}, 100);
  c.submit(2);
  c.link_down();
  c.link_up();
  auto welcome = c.welcome(2);
  welcome.commit = proto::CommitSeq{99};
  c.answer(welcome);
  CHECK(c.ended.size() == 2);
  REQUIRE(c.logged.size() == 1);
  CHECK(c.logged[0].find("older history") != std::string::npos);
  c.submit(3);
  CHECK(c.ended.size() == 3);
  CHECK(c.ended[2].outcome.error->code == Errc::disconnected);
}

TEST_CASE("a broker from which others have taken over, and which does not know yet, is left for them") {
  SessionOptions options;
  options.has_standbys = true;
  Conversation c{options};
  const auto meet = [&](std::uint64_t epoch, std::uint64_t commit) {
    c.link_down();
    c.link_up();
    auto welcome = c.welcome(2);
    welcome.epoch = proto::Epoch{epoch};
    welcome.commit = proto::CommitSeq{commit};
    c.answer(welcome);
  };
  meet(4, 100);
  c.submit(1);
  meet(3, 99);
  CHECK_FALSE(c.session.open());
  CHECK(c.ended.empty());
  REQUIRE(c.logged.size() == 1);
  CHECK(c.logged[0] == "the broker does not know yet that another one has taken over");
  CHECK(c.reconnects == 0);
  c.after(400ms);
  CHECK(c.reconnects == 1);
  SUBCASE("the broker that has taken over goes on") {
    meet(5, 100);
    CHECK(c.session.open());
    CHECK(c.ended.empty());
  }
  SUBCASE("the store itself is an old one, as no other broker appears") {
    for (int i = 0; i < 5; ++i) {
      c.after(10s);
      meet(3, 99);
      CHECK(c.ended.empty());
    }
    c.after(10s);
    meet(3, 99);
    REQUIRE(c.ended.size() == 1);
    CHECK(c.ended[0].outcome.error->message.find("older history") != std::string::npos);
  }
  SUBCASE("a broker that began later has lost what was acknowledged") {
    meet(5, 99);
    CHECK(c.ended.size() == 1);
  }
}

TEST_CASE("a broker that was deposed is left, also if it has every commit that it must have") {
  Conversation c;
  const auto meet = [&](std::uint64_t epoch, const std::string& store = "s") {
    c.link_down();
    c.link_up();
    auto welcome = c.welcome(epoch);
    welcome.epoch = proto::Epoch{epoch};
    welcome.commit = proto::CommitSeq{100};
    welcome.store = store;
    c.answer(welcome);
  };
  meet(4);
  c.submit(1);
  meet(5);
  CHECK(c.session.open());
  c.sent.clear();
  meet(4);
  CHECK_FALSE(c.session.open());
  CHECK(c.count<proto::Submit>() == 0);
  CHECK(c.ended.empty());
  CHECK(c.logged == std::vector<std::string>{"the broker does not know yet that another one has taken over"});
  CHECK(c.obstacle == c.logged.at(0));
  c.after(400ms);
  CHECK(c.reconnects == 1);
  CHECK(c.logged.size() == 1);  // and not that the broker does not answer
  SUBCASE("one that does not answer is said to be so") {
    c.link_up();
    c.after(12s);
    CHECK(c.reconnects == 2);
    CHECK(c.logged.size() == 2);
  }
  SUBCASE("the one that has taken over goes on") {
    meet(5);
    CHECK(c.session.open());
    CHECK(c.count<proto::Submit>() == 1);
  }
  SUBCASE("the client does not come back to the session that it has left") {
    c.link_up();
    CHECK(c.take<proto::Hello>().second.resume == proto::SessionId{5});
  }
  SUBCASE("a store that was restored from a backup goes on after a minute, as nothing is lost") {
    for (int i = 0; i < 5; ++i) {
      c.after(10s);
      meet(4);
      CHECK_FALSE(c.session.open());
    }
    c.after(10s);
    meet(4);
    CHECK(c.session.open());
    CHECK(c.ended.empty());
    CHECK(c.logged.back().find("was a backup restored?") != std::string::npos);
    meet(4);
    CHECK(c.session.open());
  }
  SUBCASE("another store begins with its own epochs") {
    meet(1, "another");
    CHECK(c.session.open());
  }
}

TEST_CASE("a client of several brokers says that one of them has another store") {
  SessionOptions options;
  options.has_standbys = true;
  Conversation c{options};
  const auto meet = [&](std::uint64_t session, const std::string& store) {
    c.link_down();
    c.link_up();
    auto welcome = c.welcome(session);
    welcome.store = store;
    c.answer(welcome);
    CHECK(c.session.open());
  };
  meet(1, "one");
  meet(2, "one");
  CHECK(c.logged.empty());
  meet(3, "other");
  REQUIRE(c.logged.size() == 1);
  CHECK(c.logged[0] ==
        "the broker has store 'other', and the one before had 'one', whose tasks it does not know: are all endpoints "
        "those of one cluster?");
  meet(4, "other");
  CHECK(c.logged.size() == 1);
}

TEST_CASE("the commit number of another store is another history") {
  Conversation c;
  c.open(1);
  c.submit(1);
  c.acknowledge(c.take<proto::Submit>().first.seq, {}, 100);
  c.link_down();
  c.link_up();
  auto welcome = c.welcome(2);
  welcome.store = "another";
  c.answer(welcome);
  CHECK(c.session.open());
  CHECK(c.ended.empty());
}

TEST_CASE("a client that sends only what is not answered at once asks for a heartbeat, and keeps its broker") {
  Conversation c;
  c.open();
  for (int i = 0; i < 200; ++i) {
    proto::Operation wait;
    wait.verb = proto::Verb::wait;
    c.ask(client::OperateObject{std::move(wait), true, static_cast<Cookie>(i + 1)});
    c.after(300ms);
    if (c.count<proto::Heartbeat>() == 0) continue;
    c.sent.clear();
    c.say(proto::Heartbeat{});
  }
  CHECK(c.reconnects == 0);
}

TEST_CASE("heartbeats are sent when nothing else was, and a silent broker is connected to again") {
  Conversation c;
  c.open();
  c.after(999ms);
  CHECK(c.count<proto::Heartbeat>() == 0);
  c.after(1ms);
  CHECK(c.count<proto::Heartbeat>() == 1);
  c.say(proto::Heartbeat{});
  c.after(4s);
  CHECK(c.reconnects == 0);
  c.after(1s);
  CHECK(c.reconnects == 1);
  CHECK_FALSE(c.session.open());
}

TEST_CASE("an unanswered HELLO leads to a new connection, after growing pauses") {
  Conversation c;
  proto::milliseconds first{0};
  for (int i = 0; i < 4; ++i) {
    c.link_up();
    const auto pause = std::chrono::duration_cast<proto::milliseconds>(c.session.next_wakeup() - c.now);
    if (i == 0) first = pause;
    CHECK(pause >= first / 2);
    CHECK(pause <= 40s);
    c.after(pause + 1ms);
    CHECK(c.reconnects == i + 1);
  }
}

TEST_CASE("a session that the broker has ended is begun again") {
  Conversation c;
  c.open(1);
  c.sent.clear();
  c.say(proto::ErrorMessage{{}, Errc::session_unknown, ""});
  CHECK(c.count<proto::Hello>() == 1);
  c.say(proto::ErrorMessage{{}, Errc::hello_required, ""});  // about a message before HELLO
  CHECK(c.count<proto::Hello>() == 1);
  c.answer(c.welcome(2));
  CHECK(c.session.open());
}

TEST_CASE("after GOODBYE and after shutting_down, HELLO is sent again later") {
  Conversation c;
  c.open();
  c.say(proto::Goodbye{Errc::shutting_down, "bye"});
  CHECK_FALSE(c.session.open());
  c.sent.clear();
  c.after(1s);
  CHECK(c.count<proto::Hello>() == 1);
  c.say(proto::ErrorMessage{{}, Errc::shutting_down, ""});
  c.after(1s);
  CHECK(c.count<proto::Hello>() == 2);
}

TEST_CASE("without a common protocol version everything ends, now and later") {
  Conversation c;
  c.submit(1);
  c.link_up();
  c.say(proto::ErrorMessage{{}, Errc::version_unsupported, "speaks 9"});
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].outcome.error->code == Errc::version_unsupported);
  c.submit(2);
  CHECK(c.ended.size() == 2);
  c.link_up();
  CHECK(c.count<proto::Hello>() == 1);
}

TEST_CASE("an error about a SUBMIT rejects its tasks") {
  Conversation c;
  c.open();
  c.submit(1);
  c.say(proto::ErrorMessage{c.take<proto::Submit>().first.seq, Errc::message_too_large, "too large"});
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].outcome.error->code == Errc::message_too_large);
  CHECK(c.session.load().held_tasks == 0);
}

TEST_CASE("an attached task is asked for at once and in each new session") {
  Conversation c;
  c.open(1);
  const auto task = TaskId::make(9, 9, 9);
  c.ask(client::AttachTask{task, 4});
  CHECK(c.take<proto::Attach>().second.ids == std::vector{task});
  c.ask(client::AttachTask{task, 5});
  CHECK(c.count<proto::Attach>() == 0);
  c.link_down();
  c.open(2, true);
  CHECK(c.count<proto::Attach>() == 1);
  c.result(task);
  CHECK(c.ended.size() == 2);
}

TEST_CASE("a cancel is asked for until it is answered, and its waiter gets the answer") {
  Conversation c;
  c.open(1);
  const auto task = c.submit(1);
  c.ask(client::CancelTask{task, 8});
  CHECK(c.take<proto::Cancel>().second.ids == std::vector{task});
  c.link_down();
  c.open(2);
  CHECK(c.count<proto::Cancel>() == 1);
  c.say(proto::CancelReply{{{task, proto::CancelState::requested}}});
  REQUIRE(c.answered.size() == 1);
  CHECK(c.answered[0].cookie == 8);
  CHECK(c.ended.empty());
  c.link_down();
  c.sent.clear();
  c.open(3);
  CHECK(c.count<proto::Cancel>() == 0);
}

TEST_CASE("the cancel of an unsent task needs no broker") {
  Conversation c;
  const auto task = c.submit(1);
  c.ask(client::CancelTask{task, 8});
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].outcome.kind == proto::OutcomeKind::cancelled);
  CHECK(c.answered.size() == 1);
  c.open();
  CHECK(c.count<proto::Submit>() == 0);
  CHECK(c.session.load().held_tasks == 0);
}

TEST_CASE("an attach to the id of a cancelled, unsent task does not send it") {
  Conversation c;
  const auto task = c.submit(1);
  c.ask(client::CancelTask{task, 8});
  c.ask(client::AttachTask{task, 9});
  c.open();
  CHECK(c.count<proto::Submit>() == 0);
  CHECK(c.count<proto::Attach>() == 1);
  CHECK(c.session.load().held_tasks == 0);
}

TEST_CASE("progress is reported before the end of a task, and not after it") {
  Conversation c;
  c.open();
  const auto task = c.submit(1);
  c.say(proto::Progress{{{task, {}, 0.5, "half"}}});
  c.result(task);
  c.say(proto::Progress{{{task, {}, 0.9, "late"}}});
  REQUIRE(c.progress.size() == 1);
  CHECK(c.progress[0].note == "half");
}

TEST_CASE("queries are asked again in a new session, and end once") {
  Conversation c;
  c.query(proto::QueryKind::status, 6);
  c.open(1);
  const auto asked = c.take<proto::Query>().second;
  c.link_down();
  c.open(2);
  CHECK(c.take<proto::Query>().second == asked);
  c.say(proto::Reply{asked.id, Errc::ok, "", proto::Payload::own("body")});
  c.say(proto::Reply{asked.id, Errc::ok, "", {}});
  REQUIRE(c.answered.size() == 1);
  CHECK(c.answered[0].reply.body.view() == "body");
}

TEST_CASE("commands are sent again in a new session, share the ids of queries, and are answered once") {
  Conversation c;
  c.open(1);
  c.query(proto::QueryKind::ping, 5);
  const auto query = c.take<proto::Query>().second;
  c.command(proto::DropDeadLetter{"0190163d"}, 6);
  const auto command = c.take<proto::Command>().second;
  CHECK(command.command == proto::AnyCommand{proto::DropDeadLetter{"0190163d"}});
  CHECK(command.id != query.id);
  c.link_down();
  c.open(2);
  CHECK(c.take<proto::Command>().second == command);
  for (int i = 0; i < 2; ++i) c.say(proto::Reply{command.id, Errc::ok, "", {}});
  REQUIRE(c.answered.size() == 1);
  CHECK(c.answered[0].cookie == 6);
}

TEST_CASE("an error about a query or a command ends it") {
  Conversation c;
  c.open();
  c.query(proto::QueryKind::ping, 5);
  c.command(proto::DropDeadLetter{"0190163d"}, 6);
  const auto query = c.take<proto::Query>();
  const auto command = c.take<proto::Command>();
  c.say(proto::ErrorMessage{{}, Errc::bad_request, "about none"});
  CHECK(c.answered.empty());
  c.say(proto::ErrorMessage{command.first.seq, Errc::not_permitted, "no"});
  REQUIRE(c.answered.size() == 1);
  CHECK(c.answered[0].cookie == 6);
  CHECK(c.answered[0].reply.code == Errc::not_permitted);
  c.link_down();
  c.open(2);
  const auto again = c.take<proto::Query>();
  CHECK(again.second.id == query.second.id);
  c.say(proto::ErrorMessage{again.first.seq, Errc::bad_request, "no"});
  CHECK(c.answered.size() == 2);
}

TEST_CASE("close() ends everything and says GOODBYE") {
  Conversation c;
  c.open();
  c.submit(1);
  c.query(proto::QueryKind::ping, 2);
  c.act([&] { c.session.close(c.now); });
  CHECK(c.count<proto::Goodbye>() == 1);
  CHECK(c.ended.size() == 1);
  CHECK(c.answered.size() == 1);
  CHECK(c.logged.empty());
  CHECK(c.session.next_wakeup() == proto::kNever);
}

TEST_CASE("tasks of a lost session are asked for in every later one, because ATTACH may be lost") {
  Conversation c;
  c.open(1);
  const auto task = c.submit(1);
  c.acknowledge(c.take<proto::Submit>().first.seq);
  c.link_down();
  c.open(2, false);
  CHECK(c.take<proto::Attach>().second.ids == std::vector{task});
  c.link_down();
  c.open(3, true);
  CHECK(c.take<proto::Attach>().second.ids == std::vector{task});
  c.result(task);
  REQUIRE(c.ended.size() == 1);
  CHECK(c.ended[0].known_before);
}

TEST_CASE("a cancel unless started is asked for as such, until a full cancel of the task follows") {
  Conversation c;
  c.open(1);
  const auto task = c.submit(1);
  c.ask(client::CancelTask{.id = task, .cookie = 8, .unless_started = true});
  const auto asked = c.take<proto::Cancel>().second;
  CHECK(asked.ids.empty());
  CHECK(asked.unless_started == std::vector{task});
  SUBCASE("it is answered") {
    c.say(proto::CancelReply{{{task, proto::CancelState::started}}});
    CHECK(c.answered.size() == 1);
  }
  SUBCASE("a full cancel follows") {
    c.ask(client::CancelTask{.id = task, .cookie = 9});
    CHECK(c.take<proto::Cancel>().second.ids == std::vector{task});
    c.say(proto::CancelReply{{{task, proto::CancelState::started}}});
    CHECK(c.answered.empty());
    c.say(proto::CancelReply{{{task, proto::CancelState::requested}}});
    CHECK(c.answered.size() == 2);
  }
  CHECK(c.ended.empty());
}

}  // namespace session_test
