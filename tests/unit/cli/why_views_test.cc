#include "client/cli/views/why.h"

#include <doctest/doctest.h>

namespace forkmill::cli::why_views_test {
namespace {

TEST_CASE("the reasons of a task stand below its name, one a line") {
  const auto body = Json::parse(R"({"id":"0190","queue":"mail","name":"mail.send","state":"ready","attempt":1,
    "max_attempts":3,"findings":[{"reason":"unserved","text":"no worker serves queue mail"},
    {"reason":"ran_again","text":"attempt 1 of 3 failed: a\nb"}],"attempts":[{"attempt":1,"outcome":"failed"}]})");
  CHECK(render_why_task(body, Format::table) ==
        "task 0190 (mail.send in queue mail) is ready:\n"
        "  no worker serves queue mail\n"
        "  attempt 1 of 3 failed: a\\nb\n");
  const auto json = Json::parse(render_why_task(body, Format::json));
  CHECK(json["findings"] == body["findings"]);
  CHECK(json["attempts"][0]["outcome"] == "failed");
  CHECK(json["attempts"][0]["worker"].is_null());
}

TEST_CASE("queues and workers are shown one after the other, and as rows of JSON") {
  const auto queues = Json::parse(R"({"queues":[{"name":"q","ready":2,"running":0,"scheduled":1,"workers":1,
    "findings":[{"reason":"full","text":"the queue is full"}]}]})");
  CHECK(render_why_queues(queues, Format::table) ==
        "queue q has 2 ready, 0 running and 1 scheduled tasks, and 1 worker:\n  the queue is full\n");
  const auto workers = Json::parse(R"({"workers":[
    {"name":"w","host":"a","pid":1,"findings":[{"reason":"draining","text":"is draining"}]},
    {"name":"w","host":"b","pid":2,"findings":[]}]})");
  CHECK(render_why_workers(workers, Format::table) == "worker w on a, pid 1:\n  is draining\nworker w on b, pid 2:\n");
  CHECK(render_why_workers(workers, Format::jsonl) ==
        "{\"name\":\"w\",\"host\":\"a\",\"pid\":1,\"findings\":[{\"reason\":\"draining\",\"text\":\"is draining\"}]}\n"
        "{\"name\":\"w\",\"host\":\"b\",\"pid\":2,\"findings\":[]}\n");
  CHECK(Json::parse(render_why_queues(queues, Format::json))[0]["workers"] == 1);
}

TEST_CASE("answers without any key give views as well") {
  CHECK_NOTHROW(render_why_task(Json::object(), Format::table));
  CHECK(render_why_queues(Json::object(), Format::table).empty());
  CHECK(render_why_workers(Json::object(), Format::json) == "[]\n");
}

}  // namespace
}  // namespace forkmill::cli::why_views_test
