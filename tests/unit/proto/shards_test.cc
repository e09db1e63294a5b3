// On which shard a queue lives (PROTOCOL.md, Shards).
#include "proto/session/shards.h"

#include <doctest/doctest.h>

#include <set>

namespace shards_test {

using namespace forkmill;
using namespace forkmill::proto;

TEST_CASE("the shard of a name never changes") {
  CHECK(shard_of("default", 4) == 1);
  CHECK(shard_of("images", 4) == 2);
  CHECK(shard_of("thumbnails", 4) == 3);
  CHECK(shard_of("default", 16) == 9);
  CHECK(shard_of("images", 16) == 2);
  CHECK(shard_of("thumbnails", 16) == 3);
  CHECK(shard_of("images", 1) == 1);
  std::set<std::uint32_t> used;
  for (int i = 0; i < 1000; ++i) used.insert(shard_of("queue-" + std::to_string(i), 64));
  CHECK(used.size() == 64);
}

TEST_CASE("a queue is written with or without a place") {
  CHECK(QueuePlace::parse("mail").value() == QueuePlace{"mail", 0, false});
  CHECK(QueuePlace::parse("mail@3").value() == QueuePlace{"mail", 3, false});
  CHECK(QueuePlace::parse("mail@*").value() == QueuePlace{"mail", 0, true});
  for (const char* wrong :
       {"", "@", "@1", "mail@", "mail@0", "mail@65", "mail@x", "mail@1x", "mail@1@2", "a b", "mail@**"})
    CHECK(QueuePlace::parse(wrong).code() == Errc::name_invalid);
}

TEST_CASE("an object is written with or without a name and a place, which may be that of another name") {
  CHECK(ObjectPlace::parse("stock").value() == ObjectPlace{"stock"});
  CHECK(ObjectPlace::parse("stock@3").value() == ObjectPlace{"stock", 3});
  CHECK(ObjectPlace::parse("stock@images").value() == ObjectPlace{"stock", 0, "images"});
  CHECK(ObjectPlace::parse("@images").value() == ObjectPlace{"", 0, "images"});
  CHECK(ObjectPlace::parse("").value() == ObjectPlace{});
  for (const char* wrong : {"@", "stock@", "stock@*", "a b", "stock@1@2", "stock@a b", "a@b@c"})
    CHECK(ObjectPlace::parse(wrong).code() == Errc::name_invalid);
}

TEST_CASE("an object is on the shard of its name, on the given one, or on that of the other name") {
  CHECK(ObjectPlace{"images"}.in(4) == 2);
  CHECK(ObjectPlace{"stock", 3}.in(4) == 3);
  CHECK(ObjectPlace{"stock", 0, "thumbnails"}.in(4) == 3);
  CHECK(ObjectPlace{"stock", 0, "thumbnails"}.in(1) == 1);
  for (const char* text : {"images", "images@4", "images@thumbnails"}) {
    const auto place = ObjectPlace::parse(text).value();
    CHECK(ObjectPlace::parse(place.with_name("other")).value().in(4) == place.in(4));
  }
  CHECK(ObjectPlace{"", 0, "images"}.with_name("") == "@images");
}

TEST_CASE("a queue is on the shard of its name, on the given one or on all") {
  CHECK(QueuePlace{"images"}.is_on(2, 4));
  CHECK_FALSE(QueuePlace{"images"}.is_on(1, 4));
  CHECK(QueuePlace{"images", 3}.is_on(3, 4));
  CHECK_FALSE(QueuePlace{"images", 3}.is_on(2, 4));
  for (std::uint32_t shard = 1; shard <= 4; ++shard) CHECK(QueuePlace{"images", 0, true}.is_on(shard, 4));
}

TEST_CASE("a peer goes where the map has the shard, and stays if the shard has no owner") {
  const Moved map{1, 3, 7, {{"tcp://a:1"}, {""}, {"tcp://b:3"}}};
  CHECK(way_to(map, 1, false) == "tcp://a:1");
  CHECK(way_to(map, 3, true) == "tcp://b:3");
  CHECK(way_to(map, 2, false) == std::nullopt);
  CHECK(way_to(map, 2, true) == "");                  // its first HELLO needs a connection
  CHECK(way_to(Moved{1, 3, 0, {}}, 2, false) == "");  // a broker that knows its own shard only
}

}  // namespace shards_test
