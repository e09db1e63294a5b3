#include "client/cli/commands/views.h"

#include <doctest/doctest.h>

namespace forkmill::cli {
namespace {

TEST_CASE("status is shown as fields and as JSON") {
  const auto body = Json::parse(R"({"software":"forkmill 0.1.0","epoch":3,"store":"memory-1","listen":["ipc:///tmp/b"],
    "uptime_ms":192000,"clients":2,"workers":1,"children":4,"tasks":{"scheduled":0,"ready":3,"running":2,"succeeded":100,
    "failed":1,"cancelled":0,"expired":0},"results_kept":3,"results_bytes":1229,"rss_bytes":14680064,
    "unserved":[{"queue":"default","name":"census.count","count":3,"reason":"no worker has task census.count"}]})");
  CHECK(render_status(body, Format::table) ==
        "broker       forkmill 0.1.0, up 3m12s, epoch 3, listening on ipc:///tmp/b\n"
        "clients      2\n"
        "workers      1 with 4 processes\n"
        "tasks        scheduled 0, ready 3, running 2\n"
        "since start  succeeded 100, failed 1, cancelled 0, expired 0\n"
        "results      3 kept, 1.2 KiB\n"
        "memory       14.0 MiB\n"
        "\n"
        "WAITING  TASK          QUEUE    REASON\n"
        "      3  census.count  default  no worker has task census.count\n");
  CHECK(Json::parse(render_status(body, Format::json)) == body);
  CHECK(unserved_reason(body, "census.count", "default") == "no worker has task census.count");
  CHECK(unserved_reason(body, "census.count", "other").empty());
  CHECK(unserved_reason(Json::object(), "census.count", "default").empty());
}

TEST_CASE("queues are shown as rows") {
  const auto body = Json::parse(R"({"queues":[{"name":"default","ready":3,"running":2,"scheduled":0,"bytes":2048,
    "max_tasks":0,"max_bytes":1000,"oldest_ready_ms":1500,"workers":1}]})");
  CHECK(queue_table(body).render(Format::table, true) ==
        "NAME     READY  RUNNING  SCHEDULED  OLDEST  WORKERS\ndefault      3        2          0    1.5s        1\n");
  const auto row = Json::parse(queue_table(body).render(Format::jsonl, true));
  CHECK(row["oldest_ready_ms"] == 1500);
  CHECK(row["bytes"] == 2048);
}

TEST_CASE("workers are shown as rows, with more columns in wide") {
  const auto body =
      Json::parse(R"({"workers":[{"name":"w1","host":"node1","pid":42,"session":7,"queues":["default","text"],
    "tasks":[{"name":"forkmill.exec","signature":"x"}],"children":4,"running":1,"waiting":0,"credit":5,"draining":false,
    "connected_at_ms":1000,"silent_ms":20,"finished":9,"lost":0}]})");
  CHECK(worker_table(body, 61'000).render(Format::table, false) ==
        "w1  node1  42  default,text  4  1  9  0  serving\n");
  CHECK(worker_table(body, 61'000).render(Format::wide, false) ==
        "w1  node1  42  default,text  4  1  9  0  serving  0  5  1m00s  20ms  forkmill.exec\n");
}

TEST_CASE("a failed task is shown with its error") {
  const auto body = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","queue":"default","name":"demo.fail",
    "state":"failed","attempt":3,"max_attempts":3,"priority":0,"submitted_at_ms":1700000000250,"worker":"w1","kind":2,
    "result_bytes":0,"code":"handler_error","error":{"type":"std::out_of_range","message":"vector::at"},"reason":""})");
  CHECK(render_task(body, Format::table) ==
        "id         0190163d-8694-739b-aea5-966c26f8ad91\n"
        "task       demo.fail\n"
        "queue      default\n"
        "state      failed\n"
        "attempt    3 of 3\n"
        "priority   0\n"
        "submitted  2023-11-14T22:13:20.250Z\n"
        "worker     w1\n"
        "error      std::out_of_range: vector::at\n");
}

TEST_CASE("a dead letter is shown with its error, process, output and arguments") {
  const auto body = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","queue":"default","name":"demo.fail",
    "state":"failed","attempt":1,"max_attempts":1,"priority":0,"submitted_at_ms":1700000000250,
    "finished_at_ms":1700000001250,"worker":"w1","kind":4,"code":"worker_lost","arguments":[1,"two"],
    "error":{"type":"","message":"child died","backtrace":"#0 a\n#1 b","cause":"","exit_code":-1,"signal":11,
    "output":"last\nwords"}})");
  CHECK(render_dead(body, Format::table) ==
        "id           0190163d-8694-739b-aea5-966c26f8ad91\n"
        "task         demo.fail\n"
        "queue        default\n"
        "state        failed\n"
        "attempt      1 of 1\n"
        "priority     0\n"
        "submitted    2023-11-14T22:13:20.250Z\n"
        "finished     2023-11-14T22:13:21.250Z\n"
        "worker       w1\n"
        "error        child died\n"
        "code         worker_lost\n"
        "process      signal 11 (Segmentation fault)\n"
        "backtrace    #0 a\n"
        "             #1 b\n"
        "last output  last\n"
        "             words\n"
        "arguments    [1,\"two\"]\n");
  CHECK(Json::parse(render_dead(body, Format::json)) == body);
}

TEST_CASE("a list of tasks shortens ids as long as they stay different") {
  const auto row = [](const char* id, const std::string& message) {
    return Json{{"id", id},     {"state", "failed"},         {"queue", "q"},     {"name", "t"},
                {"attempt", 2}, {"submitted_at_ms", 60'000}, {"code", "broken"}, {"message", message}};
  };
  std::vector<Json> rows{row("0190163d-8694-739b-aea5-966c26f8ad91", "one line\nand another"),
                         row("0190163d-8694-739b-aea6-966c26f8ad91", "")};
  CHECK(task_table(rows, Format::table, 120'000).render(Format::table, false) ==
        "0190163d-8694-739b-aea5  failed  q  t  2  1m00s  one line\n"
        "0190163d-8694-739b-aea6  failed  q  t  2  1m00s  broken\n");
  CHECK(task_table(rows, Format::wide, 120'000).render(Format::wide, false) ==
        "0190163d-8694-739b-aea5-966c26f8ad91  failed  q  t  2  1m00s  -  broken  one line\n"
        "0190163d-8694-739b-aea6-966c26f8ad91  failed  q  t  2  1m00s  -  broken  broken\n");
  const auto json = Json::parse(task_table(rows, Format::json, 0).render(Format::json, true));
  CHECK(json[0]["id"] == rows[0]["id"]);
  CHECK(json[0]["message"] == "one line\nand another");

  // Ids are longer if they would be equal, and long errors are cut between characters.
  rows = {row("0190163d-8694-739b-aea5-966c26f8ad91", std::string(59, 'x') + "ää"),
          row("0190163d-8694-739b-aea5-966d26f8ad91", std::string(58, 'x') + "ää")};
  const auto text = task_table(rows, Format::table, 0).render(Format::table, false);
  CHECK(text.starts_with("0190163d-8694-739b-aea5-966c  "));
  CHECK(text.find(" " + std::string(59, 'x') + "…\n") != std::string::npos);
  CHECK(text.find(" " + std::string(58, 'x') + "ää\n") != std::string::npos);
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
      CHECK(!render_task(body, format).empty());
      CHECK(!render_dead(body, format).empty());
      CHECK(!render_backup(body, format).empty());
      CHECK_NOTHROW(task_table({body}, format, 0).render(format, true));
      CHECK_NOTHROW(queue_table(body).render(format, true));
      CHECK_NOTHROW(worker_table(body, 0).render(format, true));
    }
  }
}

}  // namespace
}  // namespace forkmill::cli
