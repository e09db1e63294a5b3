// How the shards of a cluster are shown, and when an order about them is done.
#include "client/cli/views/division.h"

#include <doctest/doctest.h>

namespace forkmill::cli::division_views_test {
namespace {

Json division() {
  return Json::parse(R"({"shards":[
    {"shard":1,"broker":"tcp://a:7117","address":"tcp://a:7118","epoch":3,"pinned":"","chosen":"tcp://a:7117"},
    {"shard":2,"broker":"tcp://a:7117","address":"tcp://a:7119","epoch":5,"pinned":"tcp://b:7117",
     "chosen":"tcp://b:7117"},
    {"shard":3,"broker":"","address":"","epoch":6,"pinned":"","chosen":"tcp://b:7117"}],
    "brokers":[{"name":"tcp://a:7117","draining":true,"shards":2},{"name":"tcp://b:7117","draining":false,"shards":0}],
    "dead":["tcp://c:7117"]})");
}

Json& row(Json& body, const char* list, std::size_t at) { return body[list][at]; }

TEST_CASE("shards are shown with their owners, and a broker without them as the only one") {
  const auto status = Json::parse(R"({"shards":[
    {"shard":1,"listen":["tcp://a:7118"],"epoch":3,"uptime_ms":60000,"tasks":{"ready":4,"running":2,"scheduled":0}},
    {"shard":2,"listen":["tcp://a:7119"],"epoch":5,"uptime_ms":0,"tasks":{"ready":0,"running":0,"scheduled":0}}]})");
  CHECK(shard_table(status, division()).render(Format::table, true) ==
        "SHARD  OWNER         EPOCH  SINCE  READY  RUNNING  BROKER        MOVING TO\n"
        "    1  tcp://a:7118      3  1m00s      4        2  tcp://a:7117  -\n"
        "    2  tcp://a:7119      5     0s      0        0  tcp://a:7117  tcp://b:7117\n");
  const auto single = Json::parse(R"({"listen":["ipc:///tmp/b"],"epoch":7,"tasks":{"ready":1}})");
  const auto only = Json::parse(shard_table(single, Json::object()).render(Format::jsonl, true));
  CHECK(only["shard"] == 1);
  CHECK(only["epoch"] == 7);
  CHECK(only["broker"].is_null());
}

TEST_CASE("shards are shown with their brokers also while it is not known where they move to") {
  const auto status = Json::parse(R"({"shards":[
    {"shard":1,"broker":"tcp://a:7117","listen":["tcp://a:7118"],"epoch":3,"uptime_ms":60000,
     "tasks":{"ready":4,"running":2,"scheduled":0}}]})");
  for (const Json& nothing : {Json(), Json::object()}) {
    CHECK(shard_table(status, nothing).render(Format::table, true) ==
          "SHARD  OWNER         EPOCH  SINCE  READY  RUNNING  BROKER        MOVING TO\n"
          "    1  tcp://a:7118      3  1m00s      4        2  tcp://a:7117  -\n");
  }
}

TEST_CASE("the division and the brokers are shown as rows") {
  CHECK(division_table(division()).render(Format::table, true) ==
        "SHARD  BROKER        EPOCH  MOVING TO     PINNED TO\n"
        "    1  tcp://a:7117      3  -             -\n"
        "    2  tcp://a:7117      5  tcp://b:7117  tcp://b:7117\n"
        "    3  -                 6  tcp://b:7117  -\n");
  CHECK(broker_table(division()).render(Format::table, true) ==
        "NAME          STATE     SHARDS\n"
        "tcp://a:7117  draining  1,2\n"
        "tcp://b:7117  serving   -\n"
        "tcp://c:7117  dead      -\n");
  CHECK(Json::parse(broker_table(division()).render(Format::json, true))[0]["shards"] == Json::array({1, 2}));
}

TEST_CASE("a move is done when the broker has the shard, and fails when it cannot be done any more") {
  auto body = division();
  CHECK_FALSE(progress_of_move(body, 2, "tcp://b:7117").is_done);
  CHECK(progress_of_move(body, 2, "tcp://b:7117").failure.empty());
  CHECK(progress_of_move(body, 1, "tcp://b:7117").failure.find("another operator") == 0);
  CHECK_FALSE(progress_of_move(body, 2, "").is_done);
  CHECK(progress_of_move(body, 1, "").is_done);
  row(body, "shards", 1)["broker"] = "tcp://b:7117";
  CHECK(progress_of_move(body, 2, "tcp://b:7117").is_done);
  CHECK(progress_of_move(body, 2, "").is_done);
  row(body, "brokers", 1)["draining"] = true;
  CHECK(progress_of_move(body, 2, "tcp://b:7117").failure == "broker tcp://b:7117 is draining");
  body["brokers"].erase(1);
  CHECK(progress_of_move(body, 2, "tcp://b:7117").failure == "broker tcp://b:7117 is dead");
}

TEST_CASE("a drain is done when the broker has no shard, and its end when all shards are where they belong") {
  auto body = division();
  CHECK_FALSE(progress_of_drain(body, "tcp://a:7117").is_done);
  CHECK_FALSE(progress_of_undo(body).is_done);
  row(body, "shards", 0)["broker"] = row(body, "shards", 1)["broker"] = "tcp://b:7117";
  CHECK(progress_of_drain(body, "tcp://a:7117").is_done);
  row(body, "brokers", 0)["draining"] = false;
  CHECK(progress_of_drain(body, "tcp://a:7117").failure.find("does not drain any more") != std::string::npos);
  for (auto& shard : body["shards"]) shard["broker"] = shard["chosen"];
  CHECK(progress_of_undo(body).is_done);
}

}  // namespace
}  // namespace forkmill::cli::division_views_test
