#include "client/cli/views/cluster.h"

#include <doctest/doctest.h>

namespace forkmill::cli::cluster_views_test {
namespace {

TEST_CASE("status is shown as fields and as JSON") {
  const auto body = Json::parse(R"({"software":"forkmill 0.1.0","epoch":3,"store":"memory-1","listen":["ipc:///tmp/b"],
    "uptime_ms":192000,"clients":2,"workers":1,"children":4,"tasks":{"scheduled":0,"ready":3,"running":2,"succeeded":100,
    "failed":1,"cancelled":0,"expired":0},"results_kept":3,"results_bytes":1229,"dead_letters":1,"rss_bytes":14680064,
    "refused":7,    "unserved":[{"queue":"default","name":"census.count","count":3,"reason":"no worker has task census.count"}],
    "paused_queues":["mail","text"],"paused_names":["census.count"],"memory_limit":1073741824,"memory_full":false,
    "history":{"tasks":12,"bytes":3072,"oldest_ms":1,"written":14,"dropped":2,"damaged":0,"stopped":"no room"},
    "unfetched":{"tasks":2,"bytes":1024,"limit":68719476736}})");
  CHECK(render_status(body, Format::table) ==
        "broker         forkmill 0.1.0, up 3m12s, epoch 3, listening on ipc:///tmp/b\n"
        "clients        2\n"
        "workers        1 with 4 processes\n"
        "tasks          scheduled 0, ready 3, running 2\n"
        "since start    succeeded 100, failed 1, cancelled 0, expired 0\n"
        "results        3 kept, 1.2 KiB; 2 not fetched, 1.0 KiB of at most 64.0 GiB\n"
        "memory         14.0 MiB of at most 1.0 GiB\n"
        "history        12 finished tasks, 3.0 KiB; 2 are missing; stopped: no room\n"
        "refused        7 messages and tasks without the right, or over a quota\n"
        "paused queues  mail,text\n"
        "paused names   census.count\n"
        "\n"
        "WAITING  TASK          QUEUE    REASON\n"
        "      3  census.count  default  no worker has task census.count\n");
  auto in_json = body;
  in_json["shards"] = Json();
  CHECK(Json::parse(render_status(body, Format::json)) == in_json);
  const auto full = Json::parse(R"({"rss_bytes":2048,"memory_limit":1024,"memory_full":true})");
  CHECK(render_status(full, Format::table).find("2.0 KiB of at most 1.0 KiB: full, nothing is accepted") !=
        std::string::npos);
  CHECK(unserved_reason(body, "census.count", "default") == "no worker has task census.count");
  CHECK(unserved_reason(body, "census.count", "other").empty());
  CHECK(unserved_reason(Json::object(), "census.count", "default").empty());
}

TEST_CASE("waiting tasks that differ in their signature only are one row") {
  const auto body = Json::parse(R"({"unserved":[{"queue":"q","name":"greet","count":3,"reason":"no worker has it"},
    {"queue":"q","name":"other","count":1,"reason":"no worker has it"},
    {"queue":"q","name":"greet","count":4,"reason":"no worker has it"}]})");
  const auto text = render_status(body, Format::table);
  CHECK(
      text.ends_with("WAITING  TASK   QUEUE  REASON\n"
                     "      7  greet  q      no worker has it\n"
                     "      1  other  q      no worker has it\n"));
}

TEST_CASE("the status in JSON has the same keys for every broker") {
  const auto json = Json::parse(render_status(Json::object(), Format::json));
  CHECK(json["dead_letters"].is_null());
  CHECK(json["tasks"]["running"].is_null());
  CHECK(json["unserved"] == Json::array());
}

TEST_CASE("queues are shown as rows") {
  const auto body = Json::parse(R"({"queues":[{"name":"default","ready":3,"running":2,"scheduled":0,"bytes":2048,
    "max_tasks":0,"max_bytes":1000,"oldest_ready_ms":1500,"workers":1,"max_running":2,"paused":true,"limited":true}]})");
  CHECK(queue_table(body).render(Format::table, true) ==
        "NAME     READY  RUNNING  SCHEDULED  OLDEST  WORKERS  STATE\n"
        "default      3        2          0    1.5s        1  paused\n");
  const auto row = Json::parse(queue_table(body).render(Format::jsonl, true));
  CHECK(row["oldest_ready_ms"] == 1500);
  CHECK(row["bytes"] == 2048);
  CHECK(row["paused"] == true);
  CHECK(row["max_running"] == 2);
  CHECK(row["limited"] == true);
}

TEST_CASE("a queue of an older broker, which does not tell of pauses, is shown as open") {
  const auto body = Json::parse(R"({"queues":[{"name":"default","ready":3}]})");
  CHECK(queue_table(body).render(Format::table, false).ends_with("open\n"));
  CHECK(Json::parse(queue_table(body).render(Format::jsonl, false))["paused"].is_null());
}

TEST_CASE("the status of a cluster names the brokers with their shards") {
  const auto body = Json::parse(R"({"shards":[{"shard":1,"broker":"tcp://a:1","listen":["tcp://a:2"],"epoch":3},
    {"shard":2,"broker":"tcp://b:1"},{"shard":3,"broker":"tcp://a:1"}]})");
  CHECK(render_status(body, Format::table).find("3: 1,3 of tcp://a:1; 2 of tcp://b:1\n") != std::string::npos);
  const auto json = Json::parse(render_status(body, Format::json));
  CHECK(json["shards"][0]["epoch"] == 3);
  CHECK(json["shards"][1]["epoch"].is_null());
}

TEST_CASE("the names of paused tasks are shown as rows") {
  const auto body = Json::parse(R"({"paused_names":["a.one","b.two"]})");
  CHECK(paused_names_table(body).render(Format::table, true) == "NAME   STATE\na.one  paused\nb.two  paused\n");
  CHECK(paused_names_table(Json::object()).empty());
}

TEST_CASE("workers are shown as rows, with more columns in wide") {
  const auto body =
      Json::parse(R"({"workers":[{"name":"w1","host":"node1","pid":42,"session":7,"queues":["default","text"],
    "tasks":[{"name":"forkmill.exec","signature":"x"}],"children":4,"running":1,"waiting":0,"credit":5,"draining":false,
    "connected_at_ms":1000,"silent_ms":20,"finished":9,"lost":0}]})");
  CHECK(worker_table(body, 61'000).render(Format::table, false) ==
        "w1  node1  42  default,text  4  1  9  0  serving\n");
  CHECK(worker_table(body, 61'000).render(Format::wide, false) ==
        "w1  node1  42  default,text  4  1  9  0  serving  0  5  1m00s  20ms    forkmill.exec  -  -\n");
  auto lacking = body;
  lacking["workers"][0]["shortage"] = "fork: Resource temporarily unavailable";
  CHECK(worker_table(lacking, 61'000).render(Format::wide, false).find("fork: Resource") != std::string::npos);
}

TEST_CASE("a worker that has let attempts run over is shown as barred, not as draining") {
  const auto body = Json::parse(R"({"workers":[{"name":"w1","draining":true,"barred":true}]})");
  CHECK(Json::parse(worker_table(body, 0).render(Format::jsonl, false))["state"] == "barred");
}

TEST_CASE("a worker that an operator has paused is shown as paused") {
  const auto body = Json::parse(R"({"workers":[{"name":"w1","held":true,"max_children":8}]})");
  CHECK(worker_table(body, 0).render(Format::table, false).find("paused") != std::string::npos);
  const auto row = Json::parse(worker_table(body, 0).render(Format::jsonl, false));
  CHECK(row["state"] == "paused");
  CHECK(row["held"] == true);
  CHECK(row["max_children"] == 8);
}

TEST_CASE("the workers that an order has met are rows with their answers") {
  const auto body = Json::parse(R"({"workers":[{"name":"w1","host":"node1","answer":"ordered"}]})");
  CHECK(steered_table(body).render(Format::table, true) == "NAME  HOST   ANSWER\nw1    node1  ordered\n");
}

TEST_CASE("a backup is shown with its path and size") {
  const auto body = Json::parse(R"({"path":"/b/file","bytes":28672})");
  CHECK(render_backup(body, Format::table) == "path   /b/file\nbytes  28672 (28.0 KiB)\n");
  CHECK(Json::parse(render_backup(body, Format::json)) == body);
}

TEST_CASE("an answer with missing keys is shown") {
  for (const auto& body :
       {Json::object(), Json::parse(R"({"queues":[{}],"workers":[{}],"unserved":[{}],"tasks":{}})")}) {
    for (const auto format : {Format::table, Format::wide, Format::json, Format::jsonl}) {
      CHECK(!render_status(body, format).empty());
      CHECK(!render_backup(body, format).empty());
      CHECK_NOTHROW(queue_table(body).render(format, true));
      CHECK_NOTHROW(worker_table(body, 0).render(format, true));
    }
  }
}

}  // namespace
}  // namespace forkmill::cli::cluster_views_test
