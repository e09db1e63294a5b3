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

TEST_CASE("reasons in a cluster name the shard and its broker, and a queue on several shards has the sums as one row") {
  const auto task =
      Json::parse(R"({"id":"0190","queue":"mail","name":"n","state":"ready","shard":2,"broker":"tcp://a:1"})");
  CHECK(render_why_task(task, Format::table) == "task 0190 (n in queue mail) is ready; shard 2, of tcp://a:1:\n");
  CHECK(why_task_json(task)["shard"] == 2);
  const auto queues = Json::parse(R"({"queues":[
    {"name":"q","ready":2,"running":0,"scheduled":1,"workers":1,"shard":1,"broker":"tcp://a:1",
     "findings":[{"reason":"full","text":"the queue is full"}]},
    {"name":"q","ready":3,"running":1,"scheduled":0,"workers":2,"shard":2,"broker":"tcp://b:1",
     "findings":[{"reason":"paused","text":"the queue is paused"}]}]})");
  CHECK(render_why_queues(queues, Format::table) ==
        "queue q has 2 ready, 0 running and 1 scheduled tasks, and 1 worker; shard 1, of tcp://a:1:\n"
        "  the queue is full\n"
        "queue q has 3 ready, 1 running and 0 scheduled tasks, and 2 workers; shard 2, of tcp://b:1:\n"
        "  the queue is paused\n");
  CHECK(why_queues_json(queues)[1]["broker"] == "tcp://b:1");
  const auto one = why_queue_json(queues);
  CHECK(one["ready"] == 5);
  CHECK(one["workers"] == 2);
  CHECK(one["shard"].is_null());
  CHECK(one["findings"][1]["text"] == "shard 2: the queue is paused");
  CHECK(why_queue_json(Json::object()).is_null());
}

TEST_CASE("answers without any key give views as well") {
  CHECK_NOTHROW(render_why_task(Json::object(), Format::table));
  CHECK(render_why_queues(Json::object(), Format::table).empty());
  CHECK(render_why_workers(Json::object(), Format::json) == "[]\n");
}

}  // namespace
}  // namespace forkmill::cli::why_views_test
