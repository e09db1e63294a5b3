// The answers of all shards as one.
#include "client/shards/merging.h"

#include <doctest/doctest.h>
#include <forkmill/serialize.h>

#include <map>
#include <string>

namespace merging_test {

using namespace forkmill;
using namespace forkmill::client;
using proto::QueryKind;

namespace {

// An answer that is written as msgpack by hand.
class Body {
 public:
  msgpack::packer<msgpack::sbuffer>& out() { return packer_; }
  ShardReply of(std::uint32_t shard) const {
    return {shard, {0, Errc::ok, {}, proto::Payload::copy({buffer_.data(), buffer_.size()})}};
  }

 private:
  msgpack::sbuffer buffer_;
  msgpack::packer<msgpack::sbuffer> packer_{buffer_};
};

ShardReply queues(std::uint32_t shard, const std::string& name, int ready, bool paused) {
  Body body;
  body.out().pack_map(1);
  body.out().pack(std::string{"queues"});
  body.out().pack_array(1);
  body.out().pack_map(4);
  body.out().pack(std::string{"name"}).pack(name);
  body.out().pack(std::string{"ready"}).pack(ready);
  body.out().pack(std::string{"oldest_ready_ms"}).pack(10 * ready);
  body.out().pack(std::string{"paused"}).pack(paused);
  return body.of(shard);
}

msgpack::object_handle unpack(const proto::Reply& reply) {
  REQUIRE(reply.code == Errc::ok);
  return msgpack::unpack(reply.body.view().data(), reply.body.size());
}

}  // namespace

TEST_CASE("rows of one queue become one, whose numbers are added up") {
  const auto reply =
      merged(QueryKind::queues, {queues(2, "work", 3, false), queues(1, "work", 4, true), queues(3, "mail", 1, true)});
  const auto handle = unpack(reply);
  const auto rows =
      handle.get().as<std::map<std::string, std::vector<std::map<std::string, msgpack::object>>>>().at("queues");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("name").as<std::string>() == "work");
  CHECK(rows[0].at("ready").as<int>() == 7);
  CHECK(rows[0].at("oldest_ready_ms").as<int>() == 40);
  CHECK_FALSE(rows[0].at("paused").as<bool>());
  CHECK(rows[1].at("paused").as<bool>());
}

TEST_CASE("what a principal has on all shards is one row") {
  const auto principal = [](std::uint32_t shard, std::uint64_t result_bytes) {
    Body body;
    body.out().pack_map(1);
    body.out().pack(std::string{"principals"});
    body.out().pack_array(1);
    body.out().pack_map(2);
    body.out().pack(std::string{"name"}).pack(std::string{"alice"});
    body.out().pack(std::string{"result_bytes"}).pack(result_bytes);
    return body.of(shard);
  };
  const auto handle = unpack(merged(QueryKind::metrics, {principal(1, 500), principal(2, 300)}));
  const auto rows =
      handle.get().as<std::map<std::string, std::vector<std::map<std::string, msgpack::object>>>>().at("principals");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("name").as<std::string>() == "alice");
  CHECK(rows[0].at("result_bytes").as<int>() == 800);
}

TEST_CASE("rows that say of which shard they are stay apart, and so does the broker of a shard in its status") {
  const auto row = [](std::uint32_t shard) {
    Body body;
    body.out().pack_map(1);
    body.out().pack(std::string{"queues"});
    body.out().pack_array(1);
    body.out().pack_map(2);
    body.out().pack(std::string{"name"}).pack(std::string{"work"});
    body.out().pack(std::string{"shard"}).pack(shard);
    return body.of(shard);
  };
  const auto why = unpack(merged(QueryKind::why_queue, {row(2), row(1)}));
  const auto rows =
      why.get().as<std::map<std::string, std::vector<std::map<std::string, msgpack::object>>>>().at("queues");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("shard").as<int>() == 1);
  const auto status = [](std::uint32_t shard, const std::string& broker) {
    using Texts = std::map<std::string, std::string>;
    return ShardReply{shard, {0, Errc::ok, {}, proto::Payload::own(pack_value(Texts{{"broker", broker}}))}};
  };
  const auto all = unpack(merged(QueryKind::status, {status(1, "a"), status(2, "b")}));
  const auto body = all.get().as<std::map<std::string, msgpack::object>>();
  CHECK(body.count("broker") == 0);
  const auto shards = body.at("shards").as<std::vector<std::map<std::string, msgpack::object>>>();
  CHECK(shards.at(1).at("broker").as<std::string>() == "b");
}

TEST_CASE("counts of histograms are added up by bucket, and their bounds stay") {
  const auto metrics = [](std::uint32_t shard, std::vector<std::uint64_t> counts) {
    using Lists = std::map<std::string, std::vector<std::uint64_t>>;
    return ShardReply{shard,
                      {0,
                       Errc::ok,
                       {},
                       proto::Payload::own(pack_value(Lists{{"bounds_us", {1, 10}}, {"counts", std::move(counts)}}))}};
  };
  const auto handle = unpack(merged(QueryKind::metrics, {metrics(1, {1, 2}), metrics(2, {5, 5, 5})}));
  const auto lists = handle.get().as<std::map<std::string, std::vector<std::uint64_t>>>();
  CHECK(lists.at("bounds_us") == std::vector<std::uint64_t>{1, 10});
  CHECK(lists.at("counts") == std::vector<std::uint64_t>{6, 7, 5});
}

TEST_CASE("an error of some shards does not hide the answer of others, and nonsense is an error") {
  const ShardReply refused{1, {0, Errc::bad_request, "no such worker", {}}};
  CHECK(merged(QueryKind::queues, {refused, queues(2, "q", 1, false)}).code == Errc::ok);
  const ShardReply nonsense{1, {0, Errc::ok, {}, proto::Payload::own("\xc1")}};
  CHECK(merged(QueryKind::queues, {nonsense}).code == Errc::malformed);
}

}  // namespace merging_test
