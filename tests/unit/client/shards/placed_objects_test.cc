// Named objects on the shards of a cluster, as a client finds them, with messages made by hand.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "client/shards/object_numbers.h"
#include "client/shards/sessions.h"
#include "proto/session/shards.h"
#include "tests/unit/client/shards/world.h"

namespace placed_objects_test {

using namespace forkmill;
using namespace forkmill::client;
using namespace forkmill::client::test;

namespace {

// A user of objects in a World.
struct User {
  World world;

  void open(const std::string& text, Cookie cookie, std::uint64_t other = 0, std::uint32_t home = 0) {
    OperateObject request;
    request.place = proto::ObjectPlace::parse(text).value();
    request.operation.spec.emplace();
    request.operation.spec->name = request.place.name;
    request.operation.spec->other = other;
    request.cookie = cookie;
    request.home = home;
    world.ask(std::move(request));
  }
  void operate(std::uint64_t object, Cookie cookie, std::vector<proto::LoanInValue> loans = {}) {
    OperateObject request;
    request.operation.verb = proto::Verb::put;
    request.operation.object = object;
    request.operation.loans = std::move(loans);
    request.cookie = cookie;
    world.ask(std::move(request));
  }
  // The latest operation that a shard was asked for, and how many it was.
  const proto::Operation& latest(std::uint32_t shard) {
    const proto::Operation* found = nullptr;
    for (const auto& one : world.sent[shard])
      if (const auto* operate = std::get_if<proto::Operate>(&one.message))
        if (!operate->operations.empty()) found = &operate->operations.back();
    REQUIRE(found != nullptr);
    return *found;
  }
  std::size_t count(std::uint32_t shard) {
    std::size_t found = 0;
    for (const auto& one : world.sent[shard])
      if (const auto* operate = std::get_if<proto::Operate>(&one.message)) found += operate->operations.size();
    return found;
  }
  void answer(std::uint32_t shard, proto::OperationAnswer answer) {
    answer.number = latest(shard).number;
    world.say(shard, proto::Operated{{std::move(answer)}});
  }
  // Opens an object that its broker numbers so, and returns the number that the program gets.
  std::uint64_t opened(const std::string& text, std::uint32_t shard, std::int64_t number) {
    open(text, 20);
    answer(shard, {0, Errc::ok, {}, number, 1, {}});
    return static_cast<std::uint64_t>(world.operated.back().answer.a);
  }
  // The refusal of the latest request.
  std::string refusal(Cookie cookie) {
    REQUIRE(!world.operated.empty());
    CHECK(world.operated.back().cookie == cookie);
    CHECK(world.operated.back().answer.code == Errc::bad_request);
    return world.operated.back().answer.text;
  }
};

}  // namespace

TEST_CASE("an object is opened on the shard that its name gives, or its place") {
  User user;
  user.world.open_all();
  user.open("images", 20);
  CHECK(user.latest(2).spec->name == "images");
  user.open("stock@3", 22);
  CHECK(user.latest(3).spec->name == "stock");
  user.open("stock@images", 24);
  CHECK(user.count(2) == 2);
  user.open("stock@9", 26);
  CHECK(user.refusal(26) == "object stock@9: this cluster has 4 shards");
}

TEST_CASE("an object without a name is opened at home: with the task that makes it, else with queue default") {
  User user;
  user.world.open_all();
  user.open("anonymous:1", 20);
  CHECK(user.count(proto::shard_of("default", kShards)) == 1);
  user.open("anonymous:2", 22, 0, 3);
  CHECK(user.count(3) == 1);
  user.open("anonymous:3@2", 24, 0, 3);
  CHECK(user.count(2) == 1);
  user.open("anonymous:4", 26, 0, 9);  // the task is another cluster's
  CHECK(user.count(proto::shard_of("default", kShards)) == 2);
}

TEST_CASE("operations go to the shard of the object's number, which the broker gets as it gave it") {
  User user;
  user.world.open_all();
  const auto one = user.opened("a@2", 2, 7);
  const auto other = user.opened("b@4", 4, 7);
  CHECK(one != other);
  CHECK(shard_of_object(one) == 2);
  CHECK(shard_of_object(other) == 4);
  user.operate(one, 22);
  CHECK(user.latest(2).object == 7);
  CHECK(user.count(4) == 1);
  user.operate(other, 24);
  CHECK(user.latest(4).object == 7);
  const auto odd = user.opened("c@2", 2, 0x7FFF'FFFF'0000'0009);  // no broker of a cluster gives such a number
  CHECK(shard_of_object(odd) == 2);
  user.operate(odd, 26);
  CHECK(user.latest(2).object == 0x00FF'FFFF'0000'0009);
}

TEST_CASE("with one shard, numbers and names are as the broker has them") {
  User user;
  user.open("stock@orders", 20);
  user.world.welcome(1, 1);
  CHECK(user.latest(1).spec->name == "stock");
  const std::int64_t number = 0x7FFF'FFFF'0000'0007;  // the highest epoch
  user.answer(1, {0, Errc::ok, {}, number, 1, {}});
  CHECK(user.world.operated.back().answer.a == number);
  CHECK(shard_of_object(number) == 1);
  CHECK(stated_shard_of(number) == 0);
  user.operate(number, 22, {{number, 1, 0}});
  CHECK(user.latest(1).object == number);
  CHECK(user.latest(1).loans.at(0).pipe == number);
  user.open("stock@1", 24);
  CHECK(user.latest(1).spec->name == "stock");
  user.open("stock@2", 26);
  CHECK(user.refusal(26) == "object stock@2: this cluster has 1 shard");
}

TEST_CASE("what was opened before the shards are known is opened once, on the right one") {
  User user;
  user.open("images", 20);
  user.open("stock@3", 22);
  user.world.move(1);
  for (const std::uint32_t shard : {1U, 2U, 3U}) user.world.welcome(shard);
  CHECK(user.count(1) == 0);
  CHECK(user.count(2) == 1);
  CHECK(user.count(3) == 1);
}

TEST_CASE("an object on a certain shard is opened nowhere else, also if that shard is not known yet") {
  User user;
  user.open("stock@3", 20);
  user.open("door@2", 22);
  user.world.ask(GiveUp{22});
  REQUIRE(user.world.operated.size() == 1);
  CHECK(user.world.operated[0].cookie == 22);
  CHECK(user.world.operated[0].answer.code == Errc::timeout);
  SUBCASE("there is") {
    user.world.move(1);
    user.world.welcome(3);
    CHECK(user.latest(3).spec->name == "stock");
    CHECK(user.world.operated.size() == 1);
  }
  SUBCASE("there is one broker, which has all") {
    user.world.welcome(1, 1);
    CHECK(user.count(1) == 0);
    CHECK(user.refusal(20) == "object stock@3: this cluster has 1 shard");
  }
}

TEST_CASE("a condition lives with its lock, and cannot be elsewhere") {
  User user;
  user.world.open_all();
  const auto lock = user.opened("lock@3", 3, 9);
  user.open("changed", 22, lock);
  CHECK(user.latest(3).spec->name == "changed");
  CHECK(user.latest(3).spec->other == 9);
  user.open("changed@3", 24, lock);
  CHECK(user.count(3) == 3);
  user.open("changed@2", 26, lock);
  CHECK(user.refusal(26) ==
        "'changed' is on shard 2, and the object that it goes with on shard 3: make both in one place, as NAME@3 or "
        "NAME@QUEUE does");
}

TEST_CASE("the end of a pipe travels in values of its own shard, and no others") {
  User user;
  user.world.open_all();
  const auto pipe = user.opened("pipe@2", 2, 5);
  const auto queue = user.opened("queue@2", 2, 6);
  const auto away = user.opened("queue@3", 3, 6);
  user.operate(queue, 22, {{pipe, 1, 0}});
  CHECK(user.latest(2).loans.at(0).pipe == 5);
  user.operate(away, 24, {{pipe, 1, 0}});
  CHECK(user.refusal(24).find("the end of a pipe is on shard 2, and the object that it is put in on shard 3") == 0);
  CHECK(user.count(3) == 1);
}

TEST_CASE("a loan that arrives names the pipe as the program has it") {
  std::uint64_t seen = 0;
  SessionOptions options;
  options.on_message = [&](proto::Message& message) {
    if (const auto* operated = std::get_if<proto::Operated>(&message)) seen = operated->answers.at(0).loans.at(0).pipe;
  };
  User user{World{options}};
  user.world.open_all();
  user.open("queue@3", 20);
  proto::OperationAnswer answer;
  answer.loans = {{5, 1, 0}};
  user.answer(3, std::move(answer));
  CHECK(shard_of_object(seen) == 3);
}

TEST_CASE("a call that is given up is withdrawn where it waits") {
  User user;
  user.world.open_all();
  const auto queue = user.opened("queue@3", 3, 6);
  user.operate(queue, 22);
  user.world.ask(GiveUp{22});
  CHECK(user.latest(3).verb == proto::Verb::withdraw);
  CHECK(user.latest(3).object == 6);
  CHECK(user.count(1) + user.count(2) + user.count(4) == 0);
}

TEST_CASE("a waiting call survives that its shard moves") {
  User user;
  user.world.open_all();
  const auto queue = user.opened("queue@3", 3, 6);
  user.operate(queue, 22);
  const auto number = user.latest(3).number;
  user.world.sessions.of(3)->disconnected();
  user.world.move(3);
  const auto hello = user.world.connect(3);
  proto::Welcome welcome;
  welcome.nonce = hello.nonce;
  welcome.session = proto::SessionId{333};
  welcome.heartbeat = std::chrono::seconds{1};
  welcome.session_timeout = std::chrono::seconds{5};
  welcome.store = "s";
  welcome.shard = 3;
  welcome.shards = kShards;
  welcome.kept = true;
  user.world.ids[3] = welcome.session;
  user.world.say(3, welcome);
  CHECK(user.latest(3).number == number);
  user.answer(3, {});
  CHECK(user.world.operated.back().cookie == 22);
}

TEST_CASE("what is lost on one shard is lost there only") {
  World world;
  world.open_all();
  world.losses.clear();
  world.sessions.of(3)->disconnected();
  world.welcome(3);
  CHECK(world.losses[3] == 1);
  for (const std::uint32_t shard : {1U, 2U, 4U}) CHECK(world.losses[shard] == 0);
}

TEST_CASE("operators name objects with their places, and lists have those of all shards") {
  World world;
  world.open_all();
  world.ask(CommandBroker{proto::RemoveObject{"stock@3"}, 50});
  CHECK(std::get<proto::RemoveObject>(std::get<proto::Command>(world.sent[3].back().message).command).name == "stock");
  world.ask(CommandBroker{proto::ReleaseObject{"images"}, 52});
  CHECK(world.count<proto::Command>(2) == 1);
  world.ask(AskBroker{{0, proto::QueryKind::object, "stock@images"}, 54});
  CHECK(std::get<proto::Query>(world.sent[2].back().message).argument == "stock");
  world.ask(CommandBroker{proto::RemoveObject{"a b"}, 56});
  REQUIRE(world.answered.size() == 1);
  CHECK(world.answered[0].reply.code == Errc::name_invalid);
  world.ask(AskBroker{{0, proto::QueryKind::objects, ""}, 58});
  for (std::uint32_t shard = 1; shard <= kShards; ++shard)
    CHECK(std::get<proto::Query>(world.sent[shard].back().message).kind == proto::QueryKind::objects);
}

}  // namespace placed_objects_test
