// The answers of the door of a broker, and the map in them.
#include "broker/cluster/shard_map.h"

#include <doctest/doctest.h>

namespace shard_map_test {

using namespace forkmill;
using namespace forkmill::broker;

namespace {

const ShardMap kMap{5, {{"tcp://a:7118"}, {""}}};

proto::Envelope hello_of(std::uint32_t shard, std::uint32_t shards) {
  proto::Hello hello;
  hello.nonce = 7;
  hello.shard = shard;
  hello.shards = shards;
  return {{}, hello};
}

}  // namespace

TEST_CASE("a door answers HELLO with the map") {
  const auto answers = answers_of_door(kMap, hello_of(2, 2));
  REQUIRE(answers.size() == 1);
  CHECK(std::get<proto::Moved>(answers[0]) == proto::Moved{7, 2, 5, kMap.places});
}

TEST_CASE("a peer that knows of no shards is also told in words") {
  const auto answers = answers_of_door(kMap, hello_of(0, 0));
  REQUIRE(answers.size() == 2);
  CHECK(std::holds_alternative<proto::Moved>(answers[0]));
  CHECK(std::get<proto::ErrorMessage>(answers[1]).code == Errc::version_unsupported);
}

TEST_CASE("a door has an answer to other messages, but not to those that end a talk") {
  const proto::Envelope beat{{proto::SessionId{1}, proto::MessageSeq{3}}, proto::Heartbeat{}};
  const auto answers = answers_of_door(kMap, beat);
  REQUIRE(answers.size() == 1);
  const auto& error = std::get<proto::ErrorMessage>(answers[0]);
  CHECK(error.code == Errc::hello_required);
  CHECK(error.about == proto::MessageSeq{3});
  CHECK(answers_of_door(kMap, {{}, proto::Goodbye{}}).empty());
  CHECK(answers_of_door(kMap, {{}, proto::ErrorMessage{}}).empty());
}

TEST_CASE("a map is replaced by the one that was read last, also if a restored database has a lower version") {
  ShardMap map = kMap;
  map.take({6, {{"tcp://b:7118"}, {"tcp://b:7119"}}});
  CHECK(map.version == 6);
  CHECK(map.places[1].endpoints == "tcp://b:7119");
  map.take(kMap);
  CHECK(map == kMap);
}

}  // namespace shard_map_test
