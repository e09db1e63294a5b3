#include "client/web/metrics/cluster.h"

#include <doctest/doctest.h>

#include <sstream>
#include <stdexcept>

#include "client/web/api/division.h"
#include "client/web/metrics/process.h"
#include "client/web/metrics/times.h"

namespace forkmill::web::metrics_test {
namespace {

using Json = nlohmann::ordered_json;

template <class Add>
std::string text_of(Add add) {
  Exposition text{Exposition::Format::prometheus};
  add(text);
  return text.finish();
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("status becomes counters of ends and gauges") {
  const auto body = Json::parse(R"({"software":"forkmill 0.1.0","store":"memory","uptime_ms":1500,"clients":2,
    "tasks":{"succeeded":7,"failed":1},"dead_letters":1,"refused":3,"rss_bytes":1048576,"memory_limit":4096,"memory_full":true,"unserved":[
    {"queue":"q","name":"t","count":2,"reason":"a"},{"queue":"q","name":"t","count":3,"reason":"b"}],
    "history":{"tasks":12,"bytes":3072,"written":14,"dropped":2,"removed":9,"damaged":1,"errors":3,
    "stopped":"the disk is full"},
    "unfetched":{"tasks":2,"bytes":1024,"limit":8192}})");
  const auto text = text_of([&](Exposition& to) { add_status(to, body); });
  for (const char* line : {"forkmill_broker_info{software=\"forkmill 0.1.0\",store=\"memory\"} 1",
                           "forkmill_broker_uptime_seconds 1.5",
                           "forkmill_tasks_finished_total{outcome=\"succeeded\"} 7",
                           "forkmill_tasks_finished_total{outcome=\"expired\"} 0",
                           "forkmill_dead_letters 1",
                           "forkmill_refused_total 3",
                           "forkmill_history_tasks 12",
                           "forkmill_history_bytes 3072",
                           "forkmill_history_written_total 14",
                           "forkmill_results_unfetched 2",
                           "forkmill_results_unfetched_bytes 1024",
                           "forkmill_results_unfetched_limit_bytes 8192",
                           "forkmill_history_dropped_total 2",
                           "forkmill_history_removed_total 9",
                           "forkmill_history_damaged_total 1",
                           "forkmill_history_errors_total 3",
                           "forkmill_history_stopped 1",
                           "forkmill_broker_memory_limit_bytes 4096",
                           "forkmill_broker_memory_full 1",
                           "forkmill_tasks_unserved{queue=\"q\",task=\"t\"} 5"})
    CHECK_MESSAGE(has_line(text, line), text);
}

TEST_CASE("queues beyond the limit of labels are added up, those with the fewest tasks first") {
  auto queues = Json::array();
  for (std::size_t i = 0; i < kMaxLabelledQueues; ++i)
    queues.push_back({{"name", "queue" + std::to_string(i)}, {"ready", 5}, {"running", 0}});
  queues.push_back({{"name", "small"}, {"ready", 1}, {"running", 1}, {"oldest_ready_ms", 9000}});
  queues.push_back({{"name", "smaller"}, {"ready", 1}, {"running", 0}, {"oldest_ready_ms", 2000}});
  Json body = Json::object();
  body["queues"] = queues;
  const auto text = text_of([&](Exposition& to) { add_queues(to, body); });
  CHECK(has_line(text, "forkmill_tasks{queue=\"queue0\",state=\"ready\"} 5"));
  CHECK(has_line(text, "forkmill_tasks{queue=\"(others)\",state=\"ready\"} 2"));
  CHECK(has_line(text, "forkmill_queue_oldest_ready_age_seconds{queue=\"(others)\"} 9"));
  CHECK(text.find("small") == std::string::npos);
}

TEST_CASE("a paused queue has the value 1, and the paused ones among the others are counted") {
  auto queues = Json::array();
  for (std::size_t i = 0; i < kMaxLabelledQueues; ++i)
    queues.push_back({{"name", "queue" + std::to_string(i)}, {"ready", 5}, {"paused", i == 0}});
  queues.push_back({{"name", "small"}, {"ready", 1}, {"paused", true}});
  queues.push_back({{"name", "smaller"}, {"ready", 1}, {"paused", true}});
  Json body = Json::object();
  body["queues"] = queues;
  const auto text = text_of([&](Exposition& to) { add_queues(to, body); });
  CHECK(has_line(text, "forkmill_queue_paused{queue=\"queue0\"} 1"));
  CHECK(has_line(text, "forkmill_queue_paused{queue=\"queue1\"} 0"));
  CHECK(has_line(text, "forkmill_queue_paused{queue=\"(others)\"} 2"));
}

TEST_CASE("workers are counted by state, and their processes by what they do") {
  const auto body = Json::parse(R"({"workers":[{"name":"a","children":4,"running":3,"draining":false},
    {"name":"b","children":2,"running":0,"draining":true},{"name":"c","children":1,"held":true},
    {"name":"d","children":1,"held":true,"draining":true},{"name":"e","children":1,"paused_ms":500}]})");
  const auto text = text_of([&](Exposition& to) { add_workers(to, body); });
  for (const char* line : {"forkmill_workers{state=\"serving\"} 1", "forkmill_workers{state=\"draining\"} 2",
                           "forkmill_workers{state=\"paused\"} 1", "forkmill_workers{state=\"short\"} 1",
                           "forkmill_workers{state=\"barred\"} 0", "forkmill_worker_slots{state=\"busy\"} 3",
                           "forkmill_worker_slots{state=\"idle\"} 6"})
    CHECK_MESSAGE(has_line(text, line), text);
}

TEST_CASE("times become histograms by queue and task, with every second bound, and attempts counters") {
  const auto body = Json::parse(
      R"({"bounds_us":[256,512,1024,2048],"lost":{"child":2,"worker":1},"worker_exits":{"left":3,"silent":1},"times":[
    {"queue":"q","task":"t","submitted":8,"retried":2,"dead":1,"attempts":{"succeeded":5,"lost":2},"wait":{"sum_us":1500000,"counts":[1,0,2,0,4]},
     "run":{"sum_us":0,"counts":[]}},
    {"queue":"q","task":"new","submitted":1,"retried":0,"dead":0,"attempts":{},"wait":{"sum_us":0,"counts":[]},
     "run":{"sum_us":0,"counts":[]}}],"store":{"changes":9,"bytes":4096,"disk_full":true,"commit":{"sum_us":3000,"counts":[0,0,0,3]}}})");
  const auto text = text_of([&](Exposition& to) { add_times(to, body); });
  for (const char* line :
       {"# TYPE forkmill_queue_wait_seconds histogram",
        "forkmill_queue_wait_seconds_bucket{queue=\"q\",task=\"t\",le=\"0.000256\"} 1",
        "forkmill_queue_wait_seconds_bucket{queue=\"q\",task=\"t\",le=\"0.001024\"} 3",
        "forkmill_queue_wait_seconds_bucket{queue=\"q\",task=\"t\",le=\"+Inf\"} 7",
        "forkmill_queue_wait_seconds_sum{queue=\"q\",task=\"t\"} 1.5",
        "forkmill_queue_wait_seconds_count{queue=\"q\",task=\"t\"} 7",
        "forkmill_task_run_seconds_count{queue=\"q\",task=\"t\"} 0",
        "forkmill_task_attempts_total{queue=\"q\",task=\"t\",outcome=\"lost\"} 2",
        "forkmill_tasks_submitted_total{queue=\"q\",task=\"t\"} 8",
        "forkmill_task_retries_total{queue=\"q\",task=\"t\"} 2", "forkmill_tasks_dead_total{queue=\"q\",task=\"t\"} 1",
        "forkmill_worker_exits_total{reason=\"silent\"} 1", "forkmill_tasks_lost_total{cause=\"child\"} 2",
        "forkmill_store_changes_total 9", "forkmill_store_written_bytes_total 4096", "forkmill_store_disk_full 1",
        "forkmill_store_commit_seconds_bucket{le=\"+Inf\"} 3"})
    CHECK_MESSAGE(has_line(text, line), text);
  CHECK(text.find("0.000512") == std::string::npos);
  CHECK(has_line(text, "forkmill_tasks_submitted_total{queue=\"q\",task=\"new\"} 1"));
  CHECK(text.find("seconds_count{queue=\"q\",task=\"new\"}") == std::string::npos);
}

TEST_CASE("the logs of tasks become gauges of memory and counters of bytes and of tasks") {
  const auto body = Json::parse(R"({"bounds_us":[256],"times":[],"logs":{"tasks":3,"kept_bytes":900,"max_bytes":4096,
    "printed_bytes":700,"missing_bytes":50,"dropped_ended":2,"dropped_unfinished":1}})");
  const auto text = text_of([&](Exposition& to) { add_times(to, body); });
  for (const char* line : {"forkmill_log_tasks 3", "forkmill_log_memory_bytes 900",
                           "forkmill_log_memory_limit_bytes 4096", "forkmill_log_printed_bytes_total 700",
                           "forkmill_log_missing_bytes_total 50", "forkmill_log_dropped_tasks_total{state=\"ended\"} 2",
                           "forkmill_log_dropped_tasks_total{state=\"unfinished\"} 1"})
    CHECK_MESSAGE(has_line(text, line), text);
}

TEST_CASE("shards have their owners, epochs and tasks, and brokers the number of their shards") {
  const auto status = Json::parse(R"({"shards":[{"shard":1,"tasks":{"ready":4,"running":2,"scheduled":1}}]})");
  const auto division = Json::parse(R"({"shards":[
    {"shard":1,"broker":"tcp://a:1","epoch":7,"chosen":"tcp://b:1"},{"shard":2,"broker":"","epoch":3,"chosen":""}],
    "brokers":[{"name":"tcp://a:1","draining":true,"shards":1},{"name":"tcp://b:1","draining":false,"shards":0}]})");
  const auto text = text_of([&](Exposition& to) { add_shards(to, status, division); });
  for (const char* line :
       {"forkmill_shard_epoch{shard=\"1\"} 7", "forkmill_shard_owner{shard=\"1\",broker=\"tcp://a:1\"} 1",
        "forkmill_shard_owner{shard=\"2\",broker=\"\"} 1", "forkmill_shard_moving{shard=\"1\"} 1",
        "forkmill_shard_moving{shard=\"2\"} 0", "forkmill_shard_tasks{shard=\"1\",state=\"ready\"} 4",
        "forkmill_broker_shards{broker=\"tcp://a:1\"} 1", "forkmill_broker_shards{broker=\"tcp://b:1\"} 0",
        "forkmill_broker_draining{broker=\"tcp://a:1\"} 1", "forkmill_broker_draining{broker=\"tcp://b:1\"} 0"})
    CHECK_MESSAGE(has_line(text, line), text);
}

TEST_CASE("metrics go on without the division of the shards while the brokers do not answer that") {
  const auto status = Json::parse(R"({"shards":[{"shard":1,"tasks":{"ready":4}}]})");
  int asked = 0;
  const auto fails_with = [&](const auto& error) {
    return [&asked, error]() -> Json {
      ++asked;
      throw error;
    };
  };
  CHECK(division_of(Json::object(), fails_with(std::logic_error{"a broker with all queues is not asked"})).is_null());
  CHECK(asked == 0);
  CHECK(division_of(status, [] { return Json::object(); }).is_object());
  CHECK(division_of(status, fails_with(Failure{503, "broker_unreachable", "no answer in time"})).is_null());
  const auto division = division_of(status, fails_with(Error{Errc::database_unavailable, "no answer"}));
  CHECK(division.is_null());
  CHECK(division_of(status, fails_with(Error{Errc::bad_request, "a broker of before does not know"})).is_null());
  CHECK_THROWS_AS(division_of(status, fails_with(Error{Errc::not_permitted, "no"})), Error);
  const auto text = text_of([&](Exposition& to) { add_shards(to, status, division); });
  CHECK_MESSAGE(has_line(text, "forkmill_shard_tasks{shard=\"1\",state=\"ready\"} 4"), text);
}

TEST_CASE("answers without any key give metrics as well") {
  CHECK_NOTHROW(text_of([](Exposition& to) {
    add_status(to, Json::object());
    add_queues(to, Json::object());
    add_shards(to, Json::object(), Json::object());
    add_workers(to, Json::object());
    add_times(to, Json::object());
  }));
}

TEST_CASE("the gateway tells its own memory and descriptors") {
  const auto text = text_of([](Exposition& to) { add_process(to); });
  for (const char* name : {"process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds "})
    CHECK_MESSAGE(text.find("\n" + std::string{name}) != std::string::npos, text);
}

}  // namespace
}  // namespace forkmill::web::metrics_test
