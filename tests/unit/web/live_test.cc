// The history and the notes of the overview.
#include <doctest/doctest.h>

#include "client/web/live/attention.h"
#include "client/web/live/history.h"

namespace forkmill::web::live_test {
namespace {

using Json = nlohmann::ordered_json;

Json status(std::int64_t uptime_ms, std::int64_t succeeded) {
  return {{"uptime_ms", uptime_ms}, {"tasks", {{"succeeded", succeeded}, {"failed", 1}, {"ready", 2}, {"running", 3}}}};
}

TEST_CASE("the history has the newest samples, the oldest first") {
  History history;
  for (std::int64_t i = 0; i < 400; ++i) history.add(1000 + i, status(i, 2 * i), Json::object());
  const auto json = history.json();
  CHECK(json.at("at_ms").size() == History::kMaxSamples);
  CHECK(json.at("at_ms").back() == 1399);
  CHECK(json.at("succeeded").front() == 200);
  CHECK(json.at("running").back() == 3);
  CHECK(json.dump().size() < 40'000);  // the first page is a few times as large, and should stay below 100 KiB
}

TEST_CASE("the history begins again with a broker that has started again") {
  History history;
  history.add(1, status(5000, 100), Json::object());
  history.add(2, status(10, 0), Json::object());
  CHECK(history.json().at("succeeded") == Json::array({0}));
}

TEST_CASE("the history has percentiles of the times of all queues in its window, and none while nothing ends") {
  const auto metrics = [](int fast, int slow) {
    Json body = Json::parse(R"({"bounds_us":[1000,2000,4000],"times":[{"queue":"a"},{"queue":"b"}]})");
    body["times"][0]["run"] = {{"sum_us", 1}, {"counts", {fast}}};
    body["times"][1]["run"] = {{"sum_us", 1}, {"counts", {0, 0, slow}}};
    return body;
  };
  History history;
  history.add(1, status(1, 0), metrics(0, 0));
  history.add(2, status(2, 0), metrics(90, 10));
  for (std::int64_t i = 3; i < 10; ++i) history.add(i, status(i, 0), metrics(90, 10));
  const auto json = history.json();
  CHECK(json.at("run_p50_ms").at(0).is_null());
  CHECK(json.at("run_p50_ms").at(1) == doctest::Approx(1000.0 * 0.001 * 50 / 90));
  CHECK(json.at("run_p95_ms").at(1) == doctest::Approx(3.0));
  CHECK(json.at("run_p95_ms").back().is_null());
  CHECK(json.at("wait_p50_ms").at(1).is_null());
}

// The texts of the notes.
std::vector<std::string> notes(const char* status_json, const char* queues, const char* workers) {
  std::vector<std::string> texts;
  for (const auto& note : attention(Json::parse(status_json), Json::parse(queues), Json::parse(workers)))
    texts.push_back(note.at("text"));
  return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("a cluster in order needs no attention") {
  CHECK(notes("{}", "{}", "{}").empty());
  CHECK(notes(R"({"dead_letters":0,"unserved":[]})",
              R"({"queues":[{"name":"q","ready":5,"workers":1,"oldest_ready_ms":1000,"max_tasks":1000}]})",
              R"({"workers":[{"name":"w","shortage":"","silent_ms":900}]})")
            .empty());
}

TEST_CASE("what cannot run, what is full, what waits long and what is silent is told in words") {
  CHECK(notes(R"({"dead_letters":2,"unserved":[{"queue":"q","name":"t","count":3,"reason":"no worker has task t"}]})",
              R"({"queues":[{"name":"full","ready":80,"running":1,"scheduled":0,"workers":1,"max_tasks":100},
                            {"name":"lonely","ready":1,"workers":0},
                            {"name":"late","ready":1,"workers":1,"oldest_ready_ms":600000}]})",
              R"({"workers":[{"name":"w","host":"h","shortage":"no memory","silent_ms":20000}]})") ==
        Texts{"3 tasks t of queue q cannot run: no worker has task t",
              "queue full is nearly full and will reject tasks", "queue lonely has 1 task ready and no worker",
              "a task of queue late has been waiting for 10m00s", "worker w on h takes no tasks: no memory",
              "worker w on h has been silent for 20s", "2 tasks failed for good and are kept as dead letters"});
}

TEST_CASE("notes lead to pages, and are limited") {
  Json queues{{"queues", Json::array()}};
  for (int i = 0; i < 100; ++i) queues["queues"].push_back({{"name", "a/b"}, {"ready", 1}, {"workers", 0}});
  const auto found = attention(Json::object(), queues, Json::object());
  CHECK(found.size() == kMaxNotes);
  CHECK(found.at(0).at("page") == "/tasks?queue=a%2Fb");
}

}  // namespace
}  // namespace forkmill::web::live_test
