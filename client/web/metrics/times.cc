#include "client/web/metrics/times.h"

#include <string>

#include "client/cli/text/answers.h"
#include "client/web/metrics/histogram.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

namespace {

using Kind = Exposition::Kind;

constexpr std::size_t kEverySecond = 2;  // the broker has more bounds than a scrape should

double count_of(const Json& body, const char* key) { return static_cast<double>(cli::number_of(body, key)); }

Labels labels_of(const Json& row) {
  return {{"queue", cli::text_of(row, "queue")}, {"task", cli::text_of(row, "task")}};
}

void add_histograms(Exposition& text, const Json& body, const char* key, const char* name, const char* help) {
  text.begin(name, Kind::histogram, help);
  const auto bounds = cli::value_of(body, "bounds_us");
  for (const auto& row : cli::value_of(body, "times")) {
    if (cli::value_of(row, "attempts").empty()) continue;  // none has ended yet
    const BucketCounts counts{bounds, cli::value_of(row, key)};
    text.add_histogram(labels_of(row), counts.cumulative(kEverySecond), counts.sum_seconds());
  }
}

void add_attempts(Exposition& text, const Json& body) {
  text.begin("forkmill_task_attempts", Kind::counter, "Attempts that have ended since the start of the broker.");
  for (const auto& row : cli::value_of(body, "times")) {
    const auto attempts = cli::value_of(row, "attempts");
    for (const auto& [outcome, count] : attempts.items()) {
      auto labels = labels_of(row);
      labels.emplace_back("outcome", outcome);
      text.add(labels, count.is_number() ? count.get<double>() : 0);
    }
  }
}

// Counters by queue and task. A broker of an earlier version does not tell them.
void add_counts(Exposition& text, const Json& body) {
  const auto add = [&](const char* name, const char* help, const char* key) {
    text.begin(name, Kind::counter, help);
    for (const auto& row : cli::value_of(body, "times"))
      if (cli::value_of(row, key).is_number()) text.add(labels_of(row), count_of(row, key));
  };
  add("forkmill_tasks_submitted", "Tasks that the broker has taken in since its start.", "submitted");
  add("forkmill_task_retries", "Attempts that another one has followed, or will.", "retried");
  add("forkmill_tasks_dead", "Tasks that have failed for good and became dead letters.", "dead");
}

void add_worker_exits(Exposition& text, const Json& body) {
  const auto exits = cli::value_of(body, "worker_exits");
  if (!exits.is_object()) return;
  text.begin("forkmill_worker_exits", Kind::counter, "Workers that the broker has no longer, by the reason.");
  for (const auto& [reason, count] : exits.items())
    text.add({{"reason", reason}}, count.is_number() ? count.get<double>() : 0);
}

void add_lost(Exposition& text, const Json& body) {
  const auto lost = cli::value_of(body, "lost");
  text.begin("forkmill_tasks_lost", Kind::counter, "Attempts that ended because their process or their worker did.");
  for (const char* cause : {"child", "worker"}) text.add({{"cause", cause}}, count_of(lost, cause));
}

void add_store(Exposition& text, const Json& body) {
  const auto store = cli::value_of(body, "store");
  if (!store.is_object()) return;
  text.begin("forkmill_store_changes", Kind::counter, "Changes of tasks and objects that the store has committed.");
  text.add(count_of(store, "changes"));
  text.begin("forkmill_store_written_bytes", Kind::counter, "Bytes that commits have written.");
  text.add(count_of(store, "bytes"));
  text.begin("forkmill_store_disk_full", Kind::gauge,
             "Whether the broker rejects durable tasks for lack of disk space.");
  text.add(cli::is_true(store, "disk_full") ? 1 : 0);
  text.begin("forkmill_store_commit_seconds", Kind::histogram, "How long commits take, with their sync.");
  const BucketCounts counts{cli::value_of(body, "bounds_us"), cli::value_of(store, "commit")};
  text.add_histogram({}, counts.cumulative(kEverySecond), counts.sum_seconds());
}

void add_principals(Exposition& text, const Json& body) {
  const auto principals = cli::value_of(body, "principals");
  if (!principals.is_array() || principals.empty()) return;
  const auto add = [&](const char* name, const char* help, const char* key) {
    text.begin(name, Kind::gauge, help);
    for (const auto& row : principals) text.add({{"principal", cli::text_of(row, "name")}}, count_of(row, key));
  };
  add("forkmill_principal_tasks", "Unfinished tasks of a principal.", "tasks");
  add("forkmill_principal_task_bytes", "Size of the arguments and headers of these.", "task_bytes");
  add("forkmill_principal_objects", "Named objects that a principal has made.", "objects");
  add("forkmill_principal_object_bytes", "Size of the values in these.", "object_bytes");
  add("forkmill_principal_answer_bytes",
      "Size of values that clients of a principal have been sent and have not confirmed.", "answer_bytes");
  add("forkmill_principal_results", "Results of a principal that the broker must keep.", "results");
  add("forkmill_principal_result_bytes", "Size of these, with what is noted of their tasks.", "result_bytes");
}

void add_events(Exposition& text, const Json& body) {
  const auto events = cli::value_of(body, "events");
  if (!events.is_object()) return;
  const auto add = [&](const char* name, Kind kind, const char* help, const char* key) {
    text.begin(name, kind, help);
    text.add(count_of(events, key));
  };
  add("forkmill_events", Kind::counter, "Steps in the lives of tasks, since the start of the broker.", "happened");
  add("forkmill_events_told", Kind::counter, "Events that the broker has told to clients that watch.", "told");
  add("forkmill_events_missed", Kind::counter,
      "Events that clients have missed because they were too slow, or came too late.", "missed");
  add("forkmill_event_subscribers", Kind::gauge, "Clients' streams of events that wait for the next one.",
      "subscribers");
  add("forkmill_event_memory_bytes", Kind::gauge, "Memory of the events that the broker keeps.", "kept_bytes");
}

void add_logs(Exposition& text, const Json& body) {
  const auto logs = cli::value_of(body, "logs");
  if (!logs.is_object()) return;
  const auto add = [&](const char* name, Kind kind, const char* help, const char* key) {
    text.begin(name, kind, help);
    text.add(count_of(logs, key));
  };
  add("forkmill_log_tasks", Kind::gauge, "Tasks of which the broker keeps a log.", "tasks");
  add("forkmill_log_memory_bytes", Kind::gauge, "Memory of the logs that the broker keeps.", "kept_bytes");
  add("forkmill_log_memory_limit_bytes", Kind::gauge, "Memory that the logs may take (--log-memory).", "max_bytes");
  add("forkmill_log_printed_bytes", Kind::counter,
      "Bytes that attempts have printed and logged, with those that are not kept.", "printed_bytes");
  add("forkmill_log_missing_bytes", Kind::counter,
      "Bytes of logs that did not come, or gave way to newer ones of their attempt.", "missing_bytes");
  text.begin("forkmill_log_dropped_tasks", Kind::counter,
             "Tasks whose logs gave way to those of others, because all take as much memory as they may.");
  text.add({{"state", "ended"}}, count_of(logs, "dropped_ended"));
  text.add({{"state", "unfinished"}}, count_of(logs, "dropped_unfinished"));
}

}  // namespace

void add_times(Exposition& text, const Json& body) {
  if (body.empty()) return;  // the broker is older than that query
  add_histograms(text, body, "wait", "forkmill_queue_wait_seconds",
                 "How long tasks that were due have waited for their attempts to start.");
  add_histograms(text, body, "run", "forkmill_task_run_seconds", "How long attempts have run.");
  add_attempts(text, body);
  add_counts(text, body);
  add_lost(text, body);
  add_worker_exits(text, body);
  add_store(text, body);
  add_events(text, body);
  add_logs(text, body);
  add_principals(text, body);
}

}  // namespace forkmill::web
