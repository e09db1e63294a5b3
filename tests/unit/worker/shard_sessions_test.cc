// A worker's sessions with the shards of a cluster, with messages made by hand.
#include "worker/rules/session/shard_sessions.h"

#include <doctest/doctest.h>

#include <utility>

namespace shard_sessions_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace std::chrono_literals;

namespace {

constexpr proto::Instant kNow = 1000s;

proto::Grant grant_of(std::uint64_t seq) { return {proto::Epoch{1}, proto::TaskSeq{seq}, proto::Attempt{1}}; }

struct World {
  explicit World(std::vector<std::string> queues) : sessions{hello_with(std::move(queues)), 42} {}

  static proto::Hello hello_with(std::vector<std::string> queues) {
    proto::Hello hello;
    hello.role = proto::Role::worker;
    hello.worker.queues = std::move(queues);
    return hello;
  }
  std::vector<proto::Envelope> sent(std::uint32_t shard) {
    SessionEffects effects;
    sessions.of(shard).take_effects(effects);
    return std::move(effects.send);
  }
  proto::Hello greet(std::uint32_t shard, const std::vector<proto::Grant>& holding = {}) {
    sessions.greet(kNow, shard, holding);
    return std::get<proto::Hello>(sent(shard).back().message);
  }
  bool hear(std::uint32_t shard, proto::Envelope& envelope) { return sessions.handle(kNow, shard, envelope); }
  void move(std::uint32_t shard, std::uint32_t shards) {
    const auto hello = greet(shard);
    proto::Envelope envelope{{}, proto::Moved{hello.nonce, shards, 1, std::vector<proto::Place>(shards)}};
    CHECK(hear(shard, envelope));
  }
  void welcome(std::uint32_t shard, std::vector<proto::Grant> abandon = {}) {
    const auto hello = greet(shard);
    proto::Welcome welcome;
    welcome.nonce = hello.nonce;
    welcome.session = proto::SessionId{100 + shard};
    welcome.abandon = std::move(abandon);
    proto::Envelope envelope{{}, welcome};
    CHECK(hear(shard, envelope));
    last = std::move(envelope);
  }
  template <class M>
  M flushed(std::uint32_t shard) {
    sessions.flush(kNow);
    for (auto& one : sent(shard))
      if (auto* message = std::get_if<M>(&one.message)) return std::move(*message);
    FAIL("no such message was sent");
    return {};
  }

  ShardSessions sessions;
  proto::Envelope last;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a worker of a cluster with one shard says nothing of shards") {
  World world{{"default", "work@*"}};
  const auto hello = world.greet(1);
  CHECK(hello.shard == 0);
  CHECK(hello.worker.queues == Names{"default", "work"});
  world.welcome(1);
  CHECK(world.sessions.count() == 1);
}

TEST_CASE("a worker has sessions with the shards of its queues") {
  World world{{"images", "mail@4", "thumbnails"}};  // on 2, 4 and 3
  world.move(1, 4);
  CHECK_FALSE(world.sessions.is_wanted(1));
  const auto second = world.greet(2);
  CHECK(second.shard == 2);
  CHECK(second.shards == 4);
  CHECK(second.worker.queues == Names{"images"});
  CHECK(world.greet(3).worker.queues == Names{"thumbnails"});
  CHECK(world.greet(4).worker.queues == Names{"mail"});
  CHECK_FALSE(world.sessions.all_established());
  for (const std::uint32_t shard : {2U, 3U, 4U}) world.welcome(shard);
  CHECK(world.sessions.all_established());
}

TEST_CASE("a queue on a shard that the cluster does not have is reported") {
  World world{{"mail@5"}};
  world.move(1, 4);
  CHECK(world.sessions.take_misplaced() == "queue mail@5: this cluster has 4 shards");
  CHECK(world.sessions.take_misplaced().empty());
}

TEST_CASE("equal grants of two shards are two, and each shard hears of its own by its own numbers") {
  World world{{"work@*"}};
  world.move(1, 2);
  world.welcome(1);
  world.welcome(2, {grant_of(9)});
  const proto::Grant abandoned = std::get<proto::Welcome>(world.last.message).abandon.at(0);
  CHECK(shard_of(abandoned) == 2);
  CHECK(abandoned != grant_of(9));
  proto::Grants grants;
  grants.tasks.emplace_back();
  grants.tasks.back().grant = grant_of(7);
  proto::Envelope first{{proto::SessionId{101}, proto::MessageSeq{1}}, grants};
  proto::Envelope second{{proto::SessionId{102}, proto::MessageSeq{1}}, grants};
  REQUIRE(world.hear(1, first));
  REQUIRE(world.hear(2, second));
  const proto::Grant of_first = std::get<proto::Grants>(first.message).tasks[0].grant;
  const proto::Grant of_second = std::get<proto::Grants>(second.message).tasks[0].grant;
  CHECK(of_first == grant_of(7));
  CHECK(of_second != of_first);
  CHECK(without_shard(of_second) == grant_of(7));

  for (const proto::Grant& grant : {of_second, of_first}) {
    proto::OutcomeRecord record;
    record.grant = grant;
    record.run_us = shard_of(grant);
    world.sessions.outbox().outcomes.push(std::move(record));
    world.sessions.outbox().returns.push_back(grant);
  }
  CHECK(world.sessions.unacknowledged() == 2);
  world.sessions.outbox().deaths.add(50);
  world.sessions.flush(kNow);
  for (const std::uint32_t shard : {1U, 2U}) {
    std::size_t found = 0;
    for (const auto& one : world.sent(shard)) {
      if (const auto* outcomes = std::get_if<proto::Outcomes>(&one.message)) {
        REQUIRE(outcomes->outcomes.size() == 1);
        CHECK(outcomes->outcomes[0].grant == grant_of(7));
        CHECK(outcomes->outcomes[0].run_us == shard);
        ++found;
      }
      if (const auto* returned = std::get_if<proto::Return>(&one.message)) {
        CHECK(returned->grants == std::vector<proto::Grant>{grant_of(7)});
        ++found;
      }
      if (const auto* gone = std::get_if<proto::ChildrenGone>(&one.message)) {
        CHECK(gone->pids == std::vector<std::uint32_t>{50});
        ++found;
      }
    }
    CHECK(found == 3);
  }
  CHECK(
      world.greet(2, {of_first, of_second}).worker.holding ==
      std::vector<proto::Grant>{grant_of(7), grant_of(7)});  // as running, and with an outcome that is not acknowledged
}

TEST_CASE("the room of a worker is shared among its shards, and each may grant one task at least") {
  World world{{"work@*"}};
  world.move(1, 4);
  for (std::uint32_t shard = 1; shard <= 4; ++shard) world.welcome(shard);
  world.sessions.set_load(8, {});
  CHECK(world.flushed<proto::Credit>(3).total == 2);
  CHECK(world.flushed<proto::Credit>(2).total == 2);
  world.sessions.set_load(1, {});
  CHECK(world.flushed<proto::Credit>(2).total == 1);
}

TEST_CASE("a shard that is away keeps what it is to hear, and the others hear theirs") {
  World world{{"work@*"}};
  world.move(1, 2);
  world.welcome(1);
  world.sessions.outbox().deaths.add(50);
  world.sessions.flush(kNow);
  world.sessions.flush(kNow);
  world.welcome(2);
  CHECK(world.flushed<proto::ChildrenGone>(2).pids == std::vector<std::uint32_t>{50});
}

}  // namespace shard_sessions_test
