// A client's sessions with the shards of a cluster, with messages made by hand.
#include "client/shards/sessions.h"

#include <doctest/doctest.h>
#include <forkmill/serialize.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/session/shards.h"
#include "tests/unit/client/shards/world.h"

namespace sessions_test {

using namespace forkmill;
using namespace forkmill::client;
using namespace forkmill::client::test;

TEST_CASE("with one shard all goes to one session, which says nothing of shards") {
  World world;
  world.submit("images", 2);
  const auto hello = world.connect(1);
  CHECK(hello.shard == 0);
  CHECK(hello.shards == 0);
  world.welcome(1, 1);
  CHECK(world.tasks(1) == 1);
  CHECK(world.sessions.count() == 1);
  world.submit("images", 4, {.is_everywhere = true});
  CHECK(world.tasks(1) == 2);
  world.submit("images", 6, {.shard = 2});
  world.round();
  REQUIRE(world.ended.size() == 1);
  CHECK(world.ended[0].outcome.error->message.find("this cluster has 1 shard") != std::string::npos);
}

TEST_CASE("what was asked before the shards are known goes to the right ones, once") {
  World world;
  world.submit("default", 2);
  world.submit("images", 4);
  world.submit("images", 6);
  world.ask(CancelTask{TaskId::make(1, 2, 6), 8});  // was not sent
  REQUIRE(world.ended.size() == 1);
  CHECK(world.ended[0].cookie == 6);
  world.move(1);
  CHECK(world.sessions.count() == kShards);
  CHECK(world.sessions.of(3) == nullptr);
  world.welcome(1);
  world.welcome(2);
  CHECK(world.tasks(1) == 1);
  CHECK(world.tasks(2) == 1);
  CHECK(world.ended.size() == 1);
  CHECK(world.answered.size() == 1);
}

TEST_CASE("a task that waits for the number of shards is cancelled without any broker") {
  World world;
  world.submit("images", 2, {.shard = 3});
  world.submit("images", 4, {.shard = 3});
  world.submit("images", 6, {.shard = 3}, "key");
  world.ask(CancelTask{TaskId::make(1, 2, 2), 8});
  world.ask(CancelTask{TaskId::make(1, 2, 6), 10});
  REQUIRE(world.ended.size() == 2);
  CHECK(world.ended[0].cookie == 2);
  CHECK(world.ended[0].outcome.kind == proto::OutcomeKind::cancelled);
  CHECK(world.ended[1].cookie == 6);
  REQUIRE(world.answered.size() == 1);  // under a key, another client may have submitted the task as well
  CHECK(world.answered[0].cookie == 8);
  CHECK(unpack_value<unsigned>(world.answered[0].reply.body.view()) ==
        static_cast<unsigned>(proto::CancelState::cancelled));
  CHECK(world.sessions.load().held_tasks == 1);
  CHECK(world.sessions.load().outstanding == 1);
  world.move(1);
  world.welcome(1);
  world.welcome(3);
  CHECK(world.tasks(3) == 1);
}

TEST_CASE("what only a cluster with several shards takes waits until it is known whether there are several") {
  World world;
  world.submit("images", 2, {.shard = 3});
  world.submit("default", 4);
  CHECK(world.sessions.load().held_tasks == 2);
  SUBCASE("there are") {
    world.move(1);
    world.welcome(1);
    world.welcome(3);
    CHECK(world.tasks(1) == 1);
    CHECK(world.tasks(3) == 1);
    CHECK(world.ended.empty());
    CHECK(world.sessions.load().held_tasks == 2);
  }
  SUBCASE("there is one broker, which gets no task for the third") {
    world.welcome(1, 1);
    CHECK(world.tasks(1) == 1);
    REQUIRE(world.ended.size() == 1);
    CHECK(world.ended[0].cookie == 2);
    CHECK(world.ended[0].outcome.error->message == "queue images@3: this cluster has 1 shard");
    CHECK(world.sessions.load().held_tasks == 1);
  }
  SUBCASE("no broker answers in time") {
    world.sessions.end_all(Errc::disconnected, "no answer");
    world.round();
    REQUIRE(world.ended.size() == 2);
    CHECK(world.ended[1].outcome.error->code == Errc::disconnected);
    CHECK(world.sessions.load().held_tasks == 0);
  }
  SUBCASE("the broker refuses the client, also for what is asked later") {
    world.connect(1);
    world.say(1, proto::ErrorMessage{{}, Errc::version_unsupported, "too new"});
    REQUIRE(world.ended.size() == 2);
    world.submit("images", 6, {.shard = 3});
    REQUIRE(world.ended.size() == 3);
    CHECK(world.ended[2].outcome.error->message.find("too new") != std::string::npos);
  }
  SUBCASE("the client is closed") {
    world.sessions.close(world.now);
    world.round();
    CHECK(world.ended.size() == 2);
    world.submit("images", 6, {.shard = 3});
    CHECK(world.ended.size() == 3);
  }
}

TEST_CASE("a HELLO names the shard once it is known, and MOVED is followed again and again") {
  World world;
  world.move(1);
  CHECK(world.moved.at(1).places.at(0).endpoints == "tcp://b:1");
  const auto hello = world.connect(1);
  CHECK(hello.shard == 1);
  CHECK(hello.shards == kShards);
  world.submit("thumbnails", 2);
  CHECK(world.connect(3).shard == 3);
  world.welcome(3);
  CHECK(world.tasks(3) == 1);
  world.sessions.of(3)->disconnected();
  world.moved.clear();
  world.move(3);
  CHECK(world.moved.contains(3));
  world.welcome(3);
  CHECK(world.tasks(3) == 1);  // sent again, as it was not acknowledged
}

TEST_CASE("tasks of a queue on all shards take turns, and go by their key if they have one") {
  World world;
  world.open_all();
  for (Cookie cookie = 20; cookie < 36; cookie += 2) world.submit("work", cookie, {.is_everywhere = true});
  for (std::uint32_t shard = 1; shard <= kShards; ++shard) CHECK(world.tasks(shard) == 2);
  const std::size_t before = world.tasks(proto::shard_of("k", kShards));
  world.submit("work", 40, {.is_everywhere = true}, "k");
  CHECK(world.tasks(proto::shard_of("k", kShards)) == before + 1);
}

TEST_CASE("tasks of missing shards, and ends of pipes away from the pipes, are refused in words") {
  World world;
  world.open_all();
  world.submit("q", 20, {.shard = 5});
  world.submit("images", 22, {.loans_on = 1});
  REQUIRE(world.ended.size() == 2);
  CHECK(world.ended[0].outcome.error->message == "queue q@5: this cluster has 4 shards");
  CHECK(world.ended[1].outcome.error->message ==
        "ends of pipes can be sent with tasks of their own shard only: these are on shard 1, and queue images is on "
        "shard 2. Pipes called '@images' or NAME@images are made beside the queue.");
  world.submit("images", 24, {.shard = 1, .loans_on = 1});
  world.submit("images", 26, {.loans_on = 2});
  world.submit("work", 28, {.is_everywhere = true, .loans_on = 3});  // goes to the pipes
  CHECK(world.ended.size() == 2);
  CHECK(world.tasks(3) == 1);
  world.submit("images", 30, {.loans_on = TaskPlace::kSeveral});
  REQUIRE(world.ended.size() == 3);
  CHECK(world.ended[2].outcome.error->message.find("ends of pipes on several shards") != std::string::npos);
}

TEST_CASE("a task that is asked for by its id is found on any shard, or nowhere") {
  World world;
  world.open_all();
  const TaskId id = TaskId::make(7, 7, 7);
  const auto unknown = [&] { return proto::Results{{{id, rejection(Errc::task_unknown, "no such task")}}}; };
  world.ask(AttachTask{id, 50});
  for (std::uint32_t shard = 1; shard <= kShards; ++shard) CHECK(world.count<proto::Attach>(shard) == 1);
  world.say(1, unknown());
  world.say(2, unknown());
  CHECK(world.ended.empty());
  SUBCASE("found") {
    proto::Outcome outcome;
    outcome.value = proto::Payload::own("v");
    world.say(4, proto::Results{{{id, outcome}}});
    REQUIRE(world.ended.size() == 1);
    CHECK(world.ended[0].cookie == 50);
    CHECK(world.ended[0].outcome.value.view() == "v");
    world.say(3, unknown());
    CHECK(world.ended.size() == 1);
  }
  SUBCASE("nowhere") {
    world.say(4, unknown());
    world.say(3, unknown());
    REQUIRE(world.ended.size() == 1);
    CHECK(world.ended[0].cookie == 50);
    CHECK(world.ended[0].outcome.error->code == Errc::task_unknown);
  }
}

TEST_CASE("a cancel goes to the shard of a known task, and to all shards for any other one") {
  World world;
  world.open_all();
  world.submit("images", 20);
  world.ask(CancelTask{TaskId::make(1, 2, 20), 22});
  CHECK(world.count<proto::Cancel>(2) == 1);
  CHECK(world.count<proto::Cancel>(1) == 0);
  const TaskId id = TaskId::make(7, 7, 7);
  world.ask(CancelTask{id, 24});
  for (const std::uint32_t shard : {1U, 2U, 4U})
    world.say(shard, proto::CancelReply{{{id, proto::CancelState::unknown}}});
  CHECK(world.answered.empty());
  world.say(3, proto::CancelReply{{{id, proto::CancelState::finished}}});
  REQUIRE(world.answered.size() == 1);
  CHECK(world.answered[0].cookie == 24);
  CHECK(world.answered[0].reply.body.view() == pack_value(static_cast<unsigned>(proto::CancelState::finished)));
}

TEST_CASE("a cancel of a task that was found on one shard asks all shards, also while others have not answered") {
  World world;
  world.open_all();
  const TaskId id = TaskId::make(7, 7, 7);
  world.ask(AttachTask{id, 30});
  world.ask(CancelTask{id, 32});
  for (std::uint32_t shard = 1; shard <= kShards; ++shard) CHECK(world.count<proto::Cancel>(shard) == 1);
}

TEST_CASE("a query has one answer of all shards, and an error if one of them cannot be asked") {
  World world;
  world.open_all();
  world.ask(AskBroker{proto::Query{0, proto::QueryKind::status, ""}, 50});
  using Body = std::map<std::string, std::uint64_t>;
  for (std::uint32_t shard = 1; shard < kShards; ++shard)
    world.say(shard, world.reply_to(shard, pack_value(Body{{"dead_letters", shard}, {"epoch", shard}})));
  CHECK(world.answered.empty());
  SUBCASE("answered") {
    world.say(4, world.reply_to(4, pack_value(Body{{"dead_letters", 4}, {"epoch", 2}})));
    REQUIRE(world.answered.size() == 1);
    CHECK(world.answered[0].cookie == 50);
    const std::string body{world.answered[0].reply.body.view()};
    const auto handle = msgpack::unpack(body.data(), body.size());
    const auto map = handle.get().as<std::map<std::string, msgpack::object>>();
    CHECK(map.at("dead_letters").as<int>() == 10);
    CHECK(map.at("epoch").as<int>() == 3);
    const auto shards = map.at("shards").as<std::vector<Body>>();
    REQUIRE(shards.size() == kShards);
    CHECK(shards[2].at("shard") == 3);
    CHECK(shards[2].at("dead_letters") == 3);
  }
  SUBCASE("one is away for too long") {
    world.sessions.end_all(Errc::disconnected, "no broker");
    world.round();
    REQUIRE(world.answered.size() == 1);
    CHECK(world.answered[0].reply.code == Errc::disconnected);
  }
}

TEST_CASE("lists of tasks come from one shard after the other") {
  World world;
  world.open_all();
  const auto ask = [&](std::uint64_t before) {
    proto::Query query{0, proto::QueryKind::tasks, ""};
    query.filter.before = proto::TaskSeq{before};
    for (auto& one : world.sent) one.second.clear();
    world.answered.clear();
    world.ask(AskBroker{query, 50});
  };
  const auto answer = [&](std::uint32_t shard, std::uint64_t next) {
    world.say(shard, world.reply_to(shard, pack_value(std::map<std::string, std::uint64_t>{{"next", next}})));
    const std::string body{world.answered.at(0).reply.body.view()};
    return msgpack::unpack(body.data(), body.size()).get().as<std::map<std::string, std::uint64_t>>().at("next");
  };
  ask(0);
  CHECK(world.count<proto::Query>(2) == 0);
  std::uint64_t next = answer(1, 17);
  ask(next);
  CHECK(std::get<proto::Query>(world.sent[1].back().message).filter.before == proto::TaskSeq{17});
  next = answer(1, 0);
  for (std::uint32_t shard = 2; shard <= kShards; ++shard) {
    REQUIRE(next != 0);
    ask(next);
    CHECK(std::get<proto::Query>(world.sent[shard].back().message).filter.before == proto::TaskSeq{});
    next = answer(shard, 0);
  }
  CHECK(next == 0);
}

TEST_CASE("a command about a task by the beginning of its id is refused, and by its id done once") {
  World world;
  world.open_all();
  world.ask(CommandBroker{proto::DropDeadLetter{"0190163d"}, 50});
  REQUIRE(world.answered.size() == 1);
  CHECK(world.answered[0].reply.text.find("give the id in full") != std::string::npos);
  world.ask(CommandBroker{proto::DropDeadLetter{"0190163d-8694-739b-aea5-966c26f8ad91"}, 52});
  for (const std::uint32_t shard : {1U, 2U, 3U}) {
    auto reply = world.reply_to(shard, "");
    reply.code = Errc::task_unknown;
    world.say(shard, reply);
  }
  world.say(4, world.reply_to(4, pack_value(std::map<std::string, std::string>{{"id", "x"}})));
  REQUIRE(world.answered.size() == 2);
  CHECK(world.answered[1].reply.code == Errc::ok);
}

TEST_CASE("questions and commands about the division of shards go to one shard, which answers for all") {
  World world;
  world.open_all();
  world.ask(AskBroker{{0, proto::QueryKind::shards, ""}, 50});
  world.say(1, world.reply_to(1, pack_value(std::map<std::string, std::string>{{"shards", "x"}})));
  world.ask(CommandBroker{proto::MoveShard{2, "tcp://b:1"}, 52});
  world.say(1, world.reply_to(1, ""));
  world.ask(CommandBroker{proto::DrainBroker{"tcp://b:1"}, 54});
  world.say(1, world.reply_to(1, ""));
  REQUIRE(world.answered.size() == 3);
  for (const std::uint32_t shard : {2U, 3U, 4U}) CHECK(world.count<proto::Query>(shard) == 0);
  for (const std::uint32_t shard : {2U, 3U, 4U}) CHECK(world.count<proto::Command>(shard) == 0);
}

TEST_CASE("a client that is closed ends all it has asked, on all shards, and all that is asked later") {
  World world;
  world.open_all();
  world.submit("work", 20, {.is_everywhere = true});
  world.ended.clear();
  world.sessions.close(world.now);
  world.round();
  CHECK(world.ended.size() == 4);  // with those of open_all()
  world.submit("fresh", 60, {.shard = 3});
  CHECK(world.ended.back().cookie == 60);
}

}  // namespace sessions_test
