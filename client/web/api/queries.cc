// The routes that only read: the views of the command, as JSON.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "client/cli/text/answers.h"
#include "client/cli/text/sealed.h"
#include "client/cli/views/cluster.h"
#include "client/cli/views/division.h"
#include "client/cli/views/objects.h"
#include "client/cli/views/processes.h"
#include "client/cli/views/tasks.h"
#include "client/cli/views/why.h"
#include "client/web/api/division.h"
#include "client/web/api/filters.h"
#include "client/web/api/openapi.h"
#include "client/web/api/route.h"
#include "client/web/live/attention.h"
#include "client/web/live/log_answer.h"

namespace forkmill::web {

namespace {

using cli::Format;
using Type = Parameter::Type;

constexpr std::uint64_t kMaxRows = 1000;

Json rendered(const std::string& text) { return Json::parse(text); }

Json table(const cli::Table& rows) { return rendered(rows.render(Format::json, false)); }

Json status(Call& call) { return rendered(cli::render_status(call.broker.ask(QueryKind::status), Format::json)); }

Json queues(Call& call) { return table(cli::queue_table(call.broker.ask(QueryKind::queues))); }

// The row of a queue. Null: there is no such queue.
Json queue_row(Call& call) {
  for (auto& row : queues(call)) {
    if (cli::text_of(row, "name") == call.path.at("queue")) return row;
  }
  return {};
}

Json queue(Call& call) {
  auto row = queue_row(call);
  if (row.is_null()) throw Failure{404, "queue_unknown", "there is no queue " + call.path.at("queue")};
  return row;
}

Json paused_names(Call& call) { return table(cli::paused_names_table(call.broker.ask(QueryKind::status))); }

// A queue that nothing uses is forgotten by the broker, and needs no workers.
Json scaling(Call& call) {
  const auto per_worker = read_number(call.query, "tasks_per_worker", 1, 1'000'000, 1);
  const auto max = read_number(call.query, "max_workers", 0, 1'000'000, 1'000'000);
  const auto row = queue_row(call);
  const auto ready = cli::number_of(row, "ready");
  const auto running = cli::number_of(row, "running");
  const auto tasks = static_cast<std::uint64_t>(std::max<std::int64_t>(ready + running, 0));
  return {{"ready", ready},
          {"running", running},
          {"oldest_age_s", static_cast<double>(cli::number_of(row, "oldest_ready_ms")) / 1000},
          {"desired_workers", std::min((tasks + per_worker - 1) / per_worker, max)}};
}

bool has_several_shards(const Json& status) { return cli::value_of(status, "shards").is_array(); }

// A queue that has just been forgotten is not in all answers; each one is true by itself.
Json overview(Call& call) {
  const auto status = call.broker.ask(QueryKind::status);
  const auto division = division_of(call.broker, status);
  const auto queues = call.broker.ask(QueryKind::queues);
  const auto workers = call.broker.ask(QueryKind::workers);
  return {{"status", rendered(cli::render_status(status, Format::json))},
          {"attention", attention(status, queues, workers)},
          {"history", call.history.json()},
          {"shards", has_several_shards(status) ? table(cli::shard_table(status, division)) : Json()}};
}

Json shards(Call& call) {
  const auto status = call.broker.ask(QueryKind::status);
  return table(cli::shard_table(status, division_of(call.broker, status)));
}

Json brokers(Call& call) {
  const bool several = has_several_shards(call.broker.ask(QueryKind::status));
  return table(cli::broker_table(several ? call.broker.ask(QueryKind::shards) : Json()));
}

Json workers(Call& call) { return table(cli::worker_table(call.broker.ask(QueryKind::workers), unix_time().count())); }

Json processes(Call& call) {
  return table(cli::process_table(call.broker.ask(QueryKind::processes), unix_time().count()));
}

Json objects(Call& call) {
  const auto prefix = call.query.find("prefix");
  return table(
      cli::object_table(call.broker.ask(QueryKind::objects, prefix == call.query.end() ? "" : prefix->second)));
}

Json object(Call& call) {
  return rendered(cli::render_object_details(call.broker.ask(QueryKind::object, call.path.at("name")), Format::json));
}

// One page of tasks. `next` is the cursor of the next page, or null; `reached_at_ms` then is how far back the broker
// has looked, or null if the broker does not say.
Json page(Call& call, TaskFilter filter) {
  filter.most = static_cast<std::uint32_t>(read_number(call.query, "limit", 1, kMaxRows, 50));
  filter.before = read_number(call.query, "cursor", 1, std::numeric_limits<std::uint64_t>::max(), 0);
  const auto body = call.broker.ask(Query{.kind = QueryKind::tasks, .argument = "", .filter = filter});
  if (filter.finished && !cli::is_true(body, "history"))
    throw Failure{501, "no_history", "the broker is older than the history of finished tasks", "upgrade it"};
  auto tasks = Json::array();
  for (const auto& row : cli::value_of(body, "tasks")) tasks.push_back(cli::task_json(row, false));
  const auto next = body.value("next", std::uint64_t{0});
  const auto reached = next == 0 ? 0 : cli::number_of(body, "reached_at_ms");
  return {{"tasks", tasks},
          {"next", next == 0 ? Json{} : Json(std::to_string(next))},
          {"reached_at_ms", reached == 0 ? Json{} : Json(reached)}};
}

Json tasks(Call& call) { return page(call, read_filter(call.query, unix_time())); }

Json dead_letters(Call& call) {
  auto filter = read_filter(call.query, unix_time());
  filter.state = "failed";
  return page(call, filter);
}

Json task(Call& call) {
  const auto bytes = call.broker.ask_packed({.kind = QueryKind::task, .argument = call.path.at("id"), .filter = {}});
  return cli::task_json(cli::task_from_msgpack(bytes, ""), true);
}

Json logs(Call& call) {
  return read_log([&](const Query& query) { return call.broker.ask(query); },
                  read_log_query(call.path.at("id"), call.query));
}

Json why_task(Call& call) { return cli::why_task_json(call.broker.ask(QueryKind::why_task, call.path.at("id"))); }

Json why_queue(Call& call) {
  const auto& name = call.path.at("queue");
  auto row = cli::why_queue_json(call.broker.ask(QueryKind::why_queue, name));
  if (row.is_null()) throw Failure{404, "queue_unknown", "there is no queue " + name};
  return row;
}

// Several workers may have one name.
Json why_worker(Call& call) {
  const auto& name = call.path.at("worker");
  auto rows = cli::why_workers_json(call.broker.ask(QueryKind::why_worker, name));
  if (rows.empty()) throw Failure{404, "worker_unknown", "there is no worker " + name};
  return rows;
}

Json dead_letter(Call& call) {
  auto found = task(call);
  if (cli::text_of(found, "state") != "failed")
    throw Failure{404, "not_dead", "the task is " + cli::text_of(found, "state") + ", not a dead letter"};
  if (cli::is_true(found, "history"))
    throw Failure{404, "not_dead", "only the history of the task is kept: it is no dead letter any more"};
  return found;
}

Json errors(Call& call) { return call.errors.groups(std::chrono::steady_clock::now()); }

Json audit(Call& call) {
  return {{"acts", call.audit.newest(read_number(call.query, "limit", 1, Audit::kMaxActs, 100))}};
}

Json openapi(Call&) { return openapi_document(); }

std::vector<Parameter> page_parameters(bool with_state) {
  auto parameters = filter_parameters(with_state);
  parameters.push_back({"limit", Type::number, "The most rows of a page, 1 to 1000; 50 without it"});
  parameters.push_back({"cursor", Type::text, "The `next` of the page before"});
  if (with_state)
    parameters.push_back({"finished", Type::text,
                          "true: the history of finished tasks, the latest ends first, also those whose results are no "
                          "longer kept"});
  return parameters;
}

}  // namespace

std::vector<Route> query_routes() {
  return {
      {false, "/api/v1/status", "The broker, its load, and tasks that no worker can run", {}, status},
      {false, "/api/v1/overview", "The status, what needs attention, and the last ten minutes", {}, overview},
      {false, "/api/v1/shards", "The shards of a cluster, with their owners", {}, shards},
      {false, "/api/v1/brokers", "The brokers of a cluster with several shards", {}, brokers},
      {false, "/api/v1/queues", "All queues", {}, queues},
      {false, "/api/v1/queues/{queue}", "One queue", {}, queue},
      {false,
       "/api/v1/queues/{queue}/scaling",
       "The load of a queue for autoscalers, such as KEDA's metrics-api",
       {{"tasks_per_worker", Type::number, "The ready and running tasks that one worker is for; 1 without it"},
        {"max_workers", Type::number, "The most desired workers"}},
       scaling},
      {false, "/api/v1/names", "The names of paused tasks", {}, paused_names},
      {false, "/api/v1/tasks", "A page of tasks, the newest first", page_parameters(true), tasks},
      {false, "/api/v1/tasks/{id}", "One task by its id, or by 8 characters of it or more", {}, task},
      {false,
       kLogsPath,
       "What an attempt of a task has printed and logged, as far as it is kept",
       {{"attempt", Type::number, "The number of the attempt; the last one without it"},
        {"from", Type::number, "Only what comes behind this many bytes of the log: `next` of an earlier answer"}},
       logs},
      {false, "/api/v1/tasks/{id}/why", "Why a task waits, or ended as it did, in words", {}, why_task},
      {false, "/api/v1/queues/{queue}/why", "Why the tasks of a queue wait, in words", {}, why_queue},
      {false, "/api/v1/workers/{worker}/why", "Why the workers of a name get no tasks, in words", {}, why_worker},
      {false, "/api/v1/dead", "A page of dead letters, the newest first", page_parameters(false), dead_letters},
      {false, "/api/v1/dead/{id}", "One dead letter with its error and arguments", {}, dead_letter},
      {false, "/api/v1/errors", "The last 2,000 failed tasks, grouped by task and error", {}, errors},
      {false, "/api/v1/events", "What happens to tasks, as it happens: server-sent events whose data is JSON",
       event_parameters(), nullptr},
      {false, "/api/v1/workers", "All workers", {}, workers},
      {false, "/api/v1/processes", "The processes of the broker and of all workers", {}, processes},
      {false,
       "/api/v1/objects",
       "Named objects: locks, queues, dicts; 10,000 at most",
       {{"prefix", Type::text, "Only objects whose names start with this text"}},
       objects},
      {false, "/api/v1/objects/{name}", "One object with its holders and waiters", {}, object},
      {false,
       "/api/v1/audit",
       "The newest changes that were made through this gateway, the newest first",
       {{"limit", Type::number, "The most changes, 1 to 500; 100 without it"}},
       audit},
      {false, "/api/v1/openapi.json", "This description", {}, openapi},
  };
}

}  // namespace forkmill::web
