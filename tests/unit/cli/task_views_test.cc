#include "client/cli/views/tasks.h"

#include <doctest/doctest.h>

namespace forkmill::cli::task_views_test {
namespace {

constexpr std::int64_t kShownAt = 1'700'000'010'250;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

TEST_CASE("a failed task is shown with its error") {
  const auto body = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","queue":"default","name":"demo.fail",
    "state":"failed","attempt":3,"max_attempts":3,"priority":0,"submitted_at_ms":1700000000250,"worker":"w1","kind":2,
    "result_bytes":0,"code":"handler_error","error":{"type":"std::out_of_range","message":"vector::at"},"reason":""})");
  CHECK(render_task(body, Format::table, kShownAt) ==
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
  CHECK(render_dead(body, Format::table, kShownAt) ==
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
  const auto json = Json::parse(render_dead(body, Format::json, kShownAt));
  CHECK(json["outcome"] == "lost");
  CHECK(json["error"]["code"] == "worker_lost");
  CHECK(json["error"]["type"].is_null());
  CHECK(json["error"]["exit_code"].is_null());
  CHECK(json["error"]["signal"] == 11);
  CHECK(json["arguments"] == body["arguments"]);
}

TEST_CASE("a list of tasks shortens ids as long as they stay different") {
  const auto row = [](const char* id, const std::string& message) {
    return Json{{"id", id},     {"state", "failed"},         {"queue", "q"},     {"name", "t"},
                {"attempt", 2}, {"submitted_at_ms", 60'000}, {"code", "broken"}, {"message", message}};
  };
  std::vector<Json> rows{row("0190163d-8694-739b-aea5-966c26f8ad91", "one line\nand another"),
                         row("0190163d-8694-739b-aea6-966c26f8ad91", "")};
  CHECK(render_tasks(rows, Format::table, false, 120'000) ==
        "0190163d-8694-739b-aea5  failed  q  t  2  1m00s  -  -  -  one line\n"
        "0190163d-8694-739b-aea6  failed  q  t  2  1m00s  -  -  -  broken\n");
  CHECK(render_tasks(rows, Format::wide, false, 120'000) ==
        "0190163d-8694-739b-aea5-966c26f8ad91  failed  q  t  2  1m00s  -  -  -  -  broken  one line\n"
        "0190163d-8694-739b-aea6-966c26f8ad91  failed  q  t  2  1m00s  -  -  -  -  broken  broken\n");
  const auto json = Json::parse(render_tasks(rows, Format::json, true, 0));
  CHECK(json[0]["id"] == rows[0]["id"]);
  CHECK(json[0]["error"]["message"] == "one line\nand another");

  // Ids are longer if they would be equal, and long errors are cut between characters.
  rows = {row("0190163d-8694-739b-aea5-966c26f8ad91", std::string(59, 'x') + "ää"),
          row("0190163d-8694-739b-aea5-966d26f8ad91", std::string(58, 'x') + "ää")};
  const auto text = render_tasks(rows, Format::table, false, 0);
  CHECK(text.starts_with("0190163d-8694-739b-aea5-966c  "));
  CHECK(text.find(" " + std::string(59, 'x') + "…\n") != std::string::npos);
  CHECK(text.find(" " + std::string(58, 'x') + "ää\n") != std::string::npos);
}

TEST_CASE("a running command is shown with its start and its duration, a waiting one with the command") {
  const auto running = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","queue":"q","name":"forkmill.exec",
    "state":"running","attempt":1,"submitted_at_ms":1700000000250,"started_at_ms":1700000004250,"label":"sleep 60"})");
  const auto waiting = Json::parse(R"({"id":"0190163d-8694-739b-aea6-966c26f8ad91","queue":"q","name":"forkmill.exec",
    "state":"ready","attempt":0,"submitted_at_ms":1700000000250,"label":"echo hi"})");
  const auto text = render_tasks({running, waiting}, Format::wide, true, kShownAt);
  CHECK(text.find("2023-11-14T22:13:24.250Z      6.0s") != std::string::npos);
  CHECK(text.find("sleep 60") != std::string::npos);
  CHECK(text.find("echo hi") != std::string::npos);
  const auto details = render_task(running, Format::table, kShownAt);
  CHECK(details.find("command    sleep 60\n") != std::string::npos);
  CHECK(details.find("started    2023-11-14T22:13:24.250Z\n") != std::string::npos);
  CHECK(details.find("duration   6.0s\n") != std::string::npos);
}

TEST_CASE("a task that has ended is shown with the start and the duration of its last attempt") {
  const auto ended = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","queue":"q","name":"t",
    "state":"succeeded","attempt":1,"submitted_at_ms":1700000000250,"started_at_ms":1700000004250,
    "finished_at_ms":1700000006250})");
  CHECK(render_tasks({ended}, Format::wide, false, kShownAt).find("2023-11-14T22:13:24.250Z  2.0s") !=
        std::string::npos);
  CHECK(render_task(ended, Format::table, kShownAt).find("duration   2.0s\n") != std::string::npos);
}

TEST_CASE("a task shows the whole command if the broker has sent the arguments") {
  auto body = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","name":"forkmill.exec","state":"ready",
    "label":"a long…","arguments":[[["printf","a b"],"",{},"/",false,1024]]})");
  CHECK(task_json(body, true)["command"] == "printf 'a b'");
  body["arguments"] = Json::parse(R"([[["ls | wc -l"],"",{},"/",true,1024]])");
  CHECK(task_json(body, true)["command"] == "ls | wc -l");
  body["arguments"] = Json::parse(R"({"hex":"91"})");
  CHECK(task_json(body, true)["command"] == "a long…");
  body["arguments"] = Json::parse(R"([[[1],"",{},"/",true,1024]])");
  CHECK(task_json(body, true)["command"] == "a long…");
}

TEST_CASE("the JSON of a task ends with its result, or with null") {
  auto body = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","name":"t","state":"succeeded"})");
  CHECK(task_json(body, true)["result"].is_null());
  body["result"] = Json::parse(R"({"sum":3})");
  CHECK(task_json(body, true)["result"].dump() == R"({"sum":3})");
  CHECK(task_json(body, true).back() == body["result"]);
  CHECK_FALSE(task_json(body, false).contains("result"));
}

TEST_CASE("tasks of which only the history is kept are marked in a list that has one") {
  const auto kept = Json::parse(R"({"id":"0190163d-8694-739b-aea5-966c26f8ad91","state":"succeeded","queue":"q",
    "name":"t","attempt":1,"submitted_at_ms":1700000000250,"finished_at_ms":1700000001250})");
  auto gone = kept;
  gone["history"] = true;
  CHECK(render_tasks({kept}, Format::table, true, kShownAt).find("RESULT") == std::string::npos);
  const auto text = render_tasks({kept, gone}, Format::table, true, kShownAt);
  CHECK(text.find("RESULT") != std::string::npos);
  CHECK(text.find("kept\n") != std::string::npos);
  CHECK(text.ends_with("gone\n"));
  CHECK(task_json(gone, false)["history"] == true);
  CHECK(task_json(kept, false)["history"] == false);
}

TEST_CASE("a task in JSON has the same keys in every state") {
  const auto list = keys(task_json(Json::object(), false));
  const auto all = keys(task_json(Json::object(), true));
  CHECK(list == std::vector<std::string>{"id", "state", "queue", "name", "attempt", "submitted_at_ms", "started_at_ms",
                                         "finished_at_ms", "command", "error", "history"});
  for (const char* state : {"scheduled", "ready", "running", "succeeded", "failed", "cancelled", "expired"}) {
    const Json body{{"id", "0190163d"},
                    {"state", state},
                    {"kind", 2},
                    {"code", "broken"},
                    {"worker", ""},
                    {"not_before_ms", 5},
                    {"new_key_of_a_newer_broker", 1}};
    CHECK(keys(task_json(body, false)) == list);
    CHECK(keys(task_json(body, true)) == all);
  }
}

TEST_CASE("an error in JSON has one shape in lists and in details") {
  const auto row = Json::parse(R"({"code":"handler_error","type":"std::bad_alloc","message":"no memory"})");
  const auto details = Json::parse(R"({"code":"handler_error","error":{"code":"handler_error","type":"std::bad_alloc",
    "message":"no memory","backtrace":"#0 a","cause":"","exit_code":-1,"signal":0,"output":""}})");
  CHECK(keys(error_json(row)) == keys(error_json(details)));
  for (const char* key : {"code", "type", "message"}) CHECK(error_json(row)[key] == error_json(details)[key]);
  CHECK(error_json(details)["backtrace"] == "#0 a");
  CHECK(error_json(Json::object()).is_null());
}

TEST_CASE("a task with missing keys is shown") {
  for (const auto format : {Format::table, Format::wide, Format::json, Format::jsonl}) {
    CHECK(!render_task(Json::object(), format, 0).empty());
    CHECK(!render_dead(Json::object(), format, 0).empty());
    CHECK_NOTHROW(render_tasks({Json::object()}, format, true, 0));
  }
}

}  // namespace
}  // namespace forkmill::cli::task_views_test
