#include "client/web/metrics/cluster.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "client/cli/text/answers.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

namespace {

using Kind = Exposition::Kind;

constexpr std::size_t kMaxUnserved = 200;  // pairs of a queue and a task that no worker has

double value_of(const Json& body, const char* key) { return static_cast<double>(cli::number_of(body, key)); }

void add_gauge(Exposition& text, const char* name, const char* help, double value) {
  text.begin(name, Kind::gauge, help);
  text.add(value);
}

// The sums of the numbers of one queue, or of kOtherQueues.
struct QueueSums {
  double ready = 0;
  double running = 0;
  double scheduled = 0;
  double oldest_seconds = 0;
  double bytes = 0;
  double workers = 0;
  double paused = 0;  // 1, or the number of paused queues among the others

  void add(const Json& row) {
    ready += value_of(row, "ready");
    running += value_of(row, "running");
    scheduled += value_of(row, "scheduled");
    oldest_seconds = std::max(oldest_seconds, value_of(row, "oldest_ready_ms") / 1000);
    bytes += value_of(row, "bytes");
    workers = std::max(workers, value_of(row, "workers"));
    paused += cli::is_true(row, "paused") ? 1 : 0;
  }
};

// The queues with the most tasks by name, and kOtherQueues.
std::map<std::string, QueueSums> sums_of(const Json& body) {
  std::vector<Json> rows;
  for (const auto& row : cli::value_of(body, "queues")) rows.push_back(row);
  const auto tasks = [](const Json& row) {
    return value_of(row, "ready") + value_of(row, "running") + value_of(row, "scheduled");
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) { return tasks(a) > tasks(b); });
  std::map<std::string, QueueSums> sums;
  for (const auto& row : rows)
    sums[sums.size() < kMaxLabelledQueues ? cli::text_of(row, "name") : kOtherQueues].add(row);
  return sums;
}

template <class Value>
void add_by_queue(Exposition& text, const std::map<std::string, QueueSums>& sums, const char* name, const char* help,
                  Value value) {
  text.begin(name, Kind::gauge, help);
  for (const auto& [queue, sum] : sums) text.add({{"queue", queue}}, value(sum));
}

// Whether the worker gets tasks; "paused": by an operator; "short": of processes, memory or descriptors.
const char* state_of_worker(const Json& row) {
  if (cli::is_true(row, "barred")) return "barred";
  if (cli::is_true(row, "draining")) return "draining";
  if (cli::is_true(row, "held")) return "paused";
  return value_of(row, "paused_ms") > 0 ? "short" : "serving";
}

// Adds up the rows of a queue and a task, which differ in the signature of the task.
void add_unserved(Exposition& text, const Json& body) {
  std::map<std::pair<std::string, std::string>, double> counts;
  for (const auto& row : cli::value_of(body, "unserved")) {
    const std::pair key{cli::text_of(row, "queue"), cli::text_of(row, "name")};
    if (counts.size() < kMaxUnserved || counts.contains(key)) counts[key] += value_of(row, "count");
  }
  text.begin("forkmill_tasks_unserved", Kind::gauge, "Tasks that wait because no worker can run them.");
  for (const auto& [key, count] : counts) text.add({{"queue", key.first}, {"task", key.second}}, count);
}

void add_history(Exposition& text, const Json& body) {
  add_gauge(text, "forkmill_history_tasks", "Finished tasks in the history.", value_of(body, "tasks"));
  add_gauge(text, "forkmill_history_bytes", "Size of the history of finished tasks.", value_of(body, "bytes"));
  text.begin("forkmill_history_written", Kind::counter,
             "Finished tasks that were written to the history since the start of the broker.");
  text.add(value_of(body, "written"));
  text.begin("forkmill_history_dropped", Kind::counter,
             "Finished tasks that did not get into the history since the start of the broker.");
  text.add(value_of(body, "dropped"));
  text.begin("forkmill_history_removed", Kind::counter,
             "Finished tasks that were removed from the history because they were too old, or too many.");
  text.add(value_of(body, "removed"));
  text.begin("forkmill_history_damaged", Kind::counter, "Damaged rows of the history that searches have met.");
  text.add(value_of(body, "damaged"));
  text.begin("forkmill_history_errors", Kind::counter, "Errors by which the history has stopped.");
  text.add(value_of(body, "errors"));
  text.begin("forkmill_history_stopped", Kind::gauge, "1 while nothing gets into the history, as on a full disk.");
  text.add(cli::text_of(body, "stopped").empty() ? 0 : 1);
}

}  // namespace

void add_status(Exposition& text, const Json& body) {
  text.begin("forkmill_broker_info", Kind::gauge, "The version of the broker and its store.");
  text.add({{"software", cli::text_of(body, "software")}, {"store", cli::text_of(body, "store")}}, 1);
  add_gauge(text, "forkmill_broker_uptime_seconds", "Time since the start of the broker.",
            value_of(body, "uptime_ms") / 1000);
  add_gauge(text, "forkmill_broker_epoch", "The number of starts of the broker with its store.",
            value_of(body, "epoch"));
  add_gauge(text, "forkmill_broker_resident_memory_bytes", "Memory of the broker.", value_of(body, "rss_bytes"));
  add_gauge(text, "forkmill_broker_memory_limit_bytes",
            "Memory beyond which the broker takes nothing in; 0: not known.", value_of(body, "memory_limit"));
  text.begin("forkmill_broker_memory_full", Kind::gauge, "1 while the broker takes nothing in for lack of memory.");
  text.add(cli::is_true(body, "memory_full") ? 1 : 0);
  add_gauge(text, "forkmill_clients", "Connected clients.", value_of(body, "clients"));
  add_gauge(text, "forkmill_results_kept", "Results that wait for their clients.", value_of(body, "results_kept"));
  add_gauge(text, "forkmill_results_bytes", "Size of these results.", value_of(body, "results_bytes"));
  if (const auto unfetched = cli::value_of(body, "unfetched"); !unfetched.is_null()) {
    add_gauge(text, "forkmill_results_unfetched",
              "Results that the broker must keep: no client has fetched them, or they have a time of their own.",
              value_of(unfetched, "tasks"));
    add_gauge(text, "forkmill_results_unfetched_bytes", "Size of these, with what is noted of their tasks.",
              value_of(unfetched, "bytes"));
    add_gauge(text, "forkmill_results_unfetched_limit_bytes",
              "Size beyond which the broker takes no tasks of the principals that have most of these.",
              value_of(unfetched, "limit"));
  }
  add_gauge(text, "forkmill_dead_letters", "Dead letters: tasks that have failed for good and are kept.",
            value_of(body, "dead_letters"));
  const auto tasks = cli::value_of(body, "tasks");
  text.begin("forkmill_tasks_finished", Kind::counter, "Tasks that have ended since the start of the broker.");
  for (const char* outcome : {"succeeded", "failed", "cancelled", "expired"})
    text.add({{"outcome", outcome}}, value_of(tasks, outcome));
  text.begin("forkmill_refused", Kind::counter,
             "Messages and tasks refused for lack of a right or for a quota, since the start of the broker.");
  text.add(value_of(body, "refused"));
  add_unserved(text, body);
  if (const auto history = cli::value_of(body, "history"); !history.is_null()) add_history(text, history);
}

void add_queues(Exposition& text, const Json& body) {
  const auto sums = sums_of(body);
  text.begin("forkmill_tasks", Kind::gauge, "Unfinished tasks.");
  for (const auto& [queue, sum] : sums) {
    text.add({{"queue", queue}, {"state", "ready"}}, sum.ready);
    text.add({{"queue", queue}, {"state", "running"}}, sum.running);
    text.add({{"queue", queue}, {"state", "scheduled"}}, sum.scheduled);
  }
  add_by_queue(text, sums, "forkmill_queue_oldest_ready_age_seconds",
               "Age of the oldest task that is ready to run; 0 without one.",
               [](const QueueSums& sum) { return sum.oldest_seconds; });
  add_by_queue(text, sums, "forkmill_queue_bytes", "Size of the arguments of unfinished tasks.",
               [](const QueueSums& sum) { return sum.bytes; });
  add_by_queue(text, sums, "forkmill_queue_workers", "Workers that serve the queue.",
               [](const QueueSums& sum) { return sum.workers; });
  add_by_queue(text, sums, "forkmill_queue_paused", "1 if operators have paused the queue.",
               [](const QueueSums& sum) { return sum.paused; });
}

void add_shards(Exposition& text, const Json& status, const Json& division) {
  const auto shards = cli::value_of(division, "shards");
  text.begin("forkmill_shard_epoch", Kind::gauge, "The epoch of the shard, which rises with each takeover.");
  for (const auto& row : shards) text.add({{"shard", cli::text_of(row, "shard")}}, value_of(row, "epoch"));
  text.begin("forkmill_shard_owner", Kind::gauge, "The broker that owns the shard; empty: none.");
  for (const auto& row : shards)
    text.add({{"shard", cli::text_of(row, "shard")}, {"broker", cli::text_of(row, "broker")}}, 1);
  text.begin("forkmill_shard_moving", Kind::gauge, "1 while another broker than the owner is to own the shard.");
  for (const auto& row : shards)
    text.add({{"shard", cli::text_of(row, "shard")}},
             cli::text_of(row, "broker") == cli::text_of(row, "chosen") ? 0 : 1);
  text.begin("forkmill_shard_tasks", Kind::gauge, "Unfinished tasks of the shard.");
  for (const auto& row : cli::value_of(status, "shards"))
    for (const char* state : {"ready", "running", "scheduled"})
      text.add({{"shard", cli::text_of(row, "shard")}, {"state", state}}, value_of(cli::value_of(row, "tasks"), state));
  text.begin("forkmill_broker_shards", Kind::gauge, "Shards that the broker owns.");
  for (const auto& row : cli::value_of(division, "brokers"))
    text.add({{"broker", cli::text_of(row, "name")}}, value_of(row, "shards"));
  text.begin("forkmill_broker_draining", Kind::gauge, "1 if an operator drains the broker of its shards.");
  for (const auto& row : cli::value_of(division, "brokers"))
    text.add({{"broker", cli::text_of(row, "name")}}, cli::is_true(row, "draining") ? 1 : 0);
}

void add_workers(Exposition& text, const Json& body) {
  std::map<std::string, double> states{{"serving", 0}, {"draining", 0}, {"barred", 0}, {"paused", 0}, {"short", 0}};
  double busy = 0;
  double slots = 0;
  for (const auto& row : cli::value_of(body, "workers")) {
    ++states[state_of_worker(row)];
    busy += value_of(row, "running");
    slots += value_of(row, "children");
  }
  text.begin("forkmill_workers", Kind::gauge, "Connected workers.");
  for (const auto& [state, count] : states) text.add({{"state", state}}, count);
  text.begin("forkmill_worker_slots", Kind::gauge, "Processes of the workers for tasks.");
  text.add({{"state", "busy"}}, busy);
  text.add({{"state", "idle"}}, std::max(slots - busy, 0.0));
}

}  // namespace forkmill::web
