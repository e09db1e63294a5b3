#include "broker/core/operators/queries.h"

#include <algorithm>

#include "broker/core/lifecycle/time_limits.h"
#include "broker/core/operators/answers/division.h"
#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/attempt_row.h"
#include "broker/core/operators/listing/listing.h"
#include "broker/core/operators/why/attempt_start.h"
#include "broker/core/operators/why/why_task.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/check.h"
#include "proto/limits.h"

namespace forkmill::broker {

namespace {

std::int64_t ms(Instant duration) { return std::chrono::duration_cast<milliseconds>(duration).count(); }

std::vector<std::string> paused_in(const Controls::ByName& controls) {
  std::vector<std::string> names;
  for (const auto& [name, control] : controls)
    if (control.paused) names.push_back(name);
  return names;
}

PackedMap packed_history(const HistoryMeter& meter) {
  return PackedMap{}
      .add("tasks", meter.tasks)
      .add("bytes", meter.bytes)
      .add("oldest_ms", meter.oldest.count())
      .add("written", meter.written)
      .add("dropped", meter.dropped)
      .add("damaged", meter.damaged)
      .add("stopped", meter.stopped)
      .add("removed", meter.removed)
      .add("errors", meter.errors);
}

PackedMap packed_headers(const proto::TaskHeaders& headers) {
  PackedMap map;
  for (const auto& [name, value] : headers) map.add(name, value);
  return map;
}

// Adds what the answer has of arguments, and as much of a result, unless it is empty.
void add_beginning(PackedMap& map, const char* key, std::string_view payload) {
  const auto shown = payload.substr(0, proto::limits::kShownArguments);
  if (!shown.empty()) map.add(key, msgpack::type::raw_ref{shown.data(), static_cast<std::uint32_t>(shown.size())});
}

}  // namespace

std::optional<proto::Reply> Queries::reply(const proto::Query& query, const Client& asker, const Task* task) {
  std::string body;
  switch (query.kind) {
    case proto::QueryKind::ping:
      body = PackedMap{}.bytes();
      break;
    case proto::QueryKind::status:
      body = status(asker);
      break;
    case proto::QueryKind::queues:
      body = queues();
      break;
    case proto::QueryKind::workers:
      body = workers(asker);
      break;
    case proto::QueryKind::task:
      if (task == nullptr) return history_.show(query, asker);
      body = this->task(*task, id_for(asker, *task));
      break;
    case proto::QueryKind::tasks:
      if (query.filter.finished) return history_.list(query, asker);
      if (const auto status = check_filter(query.filter); !status.ok()) return reply_to(query.id, status.failure());
      if (needs_store(query.filter))
        scan(query, asker);
      else
        begin_list({query, asker.handle}, asker, std::nullopt);
      return std::nullopt;
    case proto::QueryKind::shards:
      return ask_shards(query, asker);
    default:
      return reply_to(query.id, proto::Failure{Errc::bad_request, "this broker does not know query " +
                                                                      std::to_string(static_cast<int>(query.kind))});
  }
  return proto::Reply{query.id, Errc::ok, {}, proto::Payload::own(std::move(body))};
}

bool Queries::needs_store(const proto::TaskFilter& filter) const {
  if (!state_.identity.durable) return false;
  const auto is_on_disk = [&](State state) { return state_.tasks.paged_out(state) > 0; };
  if (const auto state = state_named(filter.state)) return is_on_disk(*state);
  // Only tasks that ended without a result have errors, for which a text is looked for.
  return filter.text.empty() || is_on_disk(State::failed) || is_on_disk(State::cancelled) || is_on_disk(State::expired);
}

void Queries::scan(const proto::Query& query, const Client& asker) {
  asked_.emplace(state_.output.ask(scan_for(query.filter, visibility_of(asker))), Asked{query, asker.handle});
}

std::optional<proto::Reply> Queries::ask_shards(const proto::Query& query, const Client& asker) {
  if (!state_.identity.durable) return reply_to(query.id, no_shards());
  asked_.emplace(state_.output.ask(ClusterRequest{}), Asked{query, asker.handle});
  return std::nullopt;
}

void Queries::handle(StoreAnswer answer) {
  auto asked = asked_.extract(answer.ticket);
  FORKMILL_CHECK(!asked.empty());
  const proto::Query& query = asked.mapped().query;
  Client* client = state_.client(asked.mapped().asker);
  if (client == nullptr) return;  // gone before the answer came
  if (const auto* division = std::get_if<ClusterAnswer>(&answer.what))
    return state_.output.send(client->session, reply_to(query.id, division_body(*division)));
  begin_list(std::move(asked.mapped()), *client, std::get<ScanAnswer>(std::move(answer.what)));
}

void Queries::begin_list(Asked asked, const Client& asker, std::optional<ScanAnswer> scanned) {
  FORKMILL_CHECK(!list_);  // QueryLine lets one of them in at a time
  const bool has_scanned = scanned.has_value();
  ScanAnswer stored = std::move(scanned).value_or(ScanAnswer{});
  const auto of = has_scanned ? MemoryWalk::Of::memory_only : MemoryWalk::Of::all;
  MemoryWalk walk{state_.tasks, asked.query.filter, visibility_of(asker), stored.next, of};
  list_ = List{std::move(asked), std::move(stored), std::move(walk), has_scanned};
}

void Queries::step() {
  if (!list_) return;
  Client* client = state_.client(list_->asked.asker);
  if (client != nullptr && list_->walk.step(state_.tasks)) return;
  List list = std::move(*list_);
  list_.reset();
  if (client == nullptr) return;  // gone before the list was complete
  const proto::Query& query = list.asked.query;
  // Some tasks may have been put on disk meanwhile, before they were looked at.
  if (!list.has_scanned && needs_store(query.filter)) return scan(query, *client);
  auto body = list_tasks(state_, query.filter, visibility_of(*client), list.scanned, list.walk.release());
  state_.output.send(client->session, proto::Reply{query.id, Errc::ok, {}, proto::Payload::own(std::move(body))});
}

std::string Queries::status(const Client& asker) const {
  std::size_t scheduled = 0;
  std::size_t ready = 0;
  std::size_t running = 0;
  for (const auto& [name, queue] : state_.queues) {
    scheduled += queue->scheduled;
    ready += queue->ready.size();
    running += queue->running;
  }
  std::size_t children = 0;
  for (const auto& [handle, worker] : state_.workers) children += worker->info.children;
  PackedMap tasks;
  tasks.add("scheduled", scheduled).add("ready", ready).add("running", running);
  tasks.add("succeeded", state_.totals.succeeded).add("failed", state_.totals.failed);
  tasks.add("cancelled", state_.totals.cancelled).add("expired", state_.totals.expired);
  std::vector<PackedMap> waiting;
  for (const Unserved& row : serving_.unserved(asker)) {
    waiting.push_back(
        PackedMap{}.add("queue", row.queue).add("name", row.name).add("count", row.count).add("reason", row.reason));
  }
  PackedMap map;
  if (self_.history) map.add("history", packed_history(*self_.history));
  if (state_.identity.shards > 1) map.add("broker", state_.identity.broker);
  return map.add("software", state_.identity.software)
      .add("epoch", state_.identity.epoch.value())
      .add("store", state_.identity.store)
      .add("listen", state_.identity.listen)
      .add("uptime_ms", ms(state_.clock.now() - state_.clock.start()))
      .add("clients", state_.clients.size())
      .add("workers", state_.workers.size())
      .add("children", children)
      .add("tasks", tasks)
      .add("results_kept", retention_.kept())
      .add("results_bytes", retention_.kept_bytes())
      .add("unfetched", PackedMap{}
                            .add("tasks", state_.tasks.owners.results().tasks)
                            .add("bytes", state_.tasks.owners.results().bytes)
                            .add("limit", state_.options.total.results))
      .add("dead_letters", state_.totals.dead_letters)
      .add("rss_bytes", self_.rss_bytes)
      .add("memory_limit", self_.memory_limit)
      .add("memory_full", state_.shortage.memory)
      .add("refused", state_.totals.refused.count + self_.refused)
      .add("unserved", waiting)
      .add("paused_queues", paused_in(state_.controls.queues))
      .add("paused_names", paused_in(state_.controls.names))
      .bytes();
}

std::string Queries::queues() const {
  std::vector<PackedMap> rows;
  for (const auto& [name, queue] : state_.queues) {
    if (is_process_queue(name) && queue->budget.tasks() == 0) continue;
    const Task* oldest = oldest_of(queue->ready);
    const Control* control = state_.controls.of_queue(base_queue(name));
    rows.push_back(PackedMap{}
                       .add("name", name)
                       .add("ready", queue->ready.size())
                       .add("running", queue->running)
                       .add("scheduled", queue->scheduled)
                       .add("tasks", queue->budget.tasks())
                       .add("bytes", queue->budget.bytes())
                       .add("max_tasks", queue->budget.limits().max_tasks)
                       .add("max_bytes", queue->budget.limits().max_bytes)
                       .add("max_running", queue->budget.limits().max_running)
                       .add("log_bytes", queue->budget.limits().log_bytes)
                       .add("paused", queue->is_paused)
                       .add("limited", control != nullptr && control->has_limits())
                       .add("oldest_ready_ms", oldest == nullptr ? 0 : ms(state_.clock.now() - oldest->ready_at))
                       .add("workers", serving_.workers_of(*queue)));
  }
  return PackedMap{}.add("queues", rows).bytes();
}

std::string Queries::workers(const Client& asker) const {
  std::vector<PackedMap> rows;
  for (const auto& [handle, worker] : state_.workers) {
    std::vector<PackedMap> tasks;
    for (const auto& task : worker->info.tasks)
      tasks.push_back(PackedMap{}.add("name", task.name).add("signature", task.signature));
    const Session& session = worker->session;
    rows.push_back(
        PackedMap{}
            .add("name", session.name.str())
            .add("host", session.host)
            .add("pid", session.pid)
            .add("session", shown_session(asker, session))
            .add("queues", worker->info.queues)
            .add("tasks", tasks)
            .add("children", worker->info.children)
            .add("running", std::min<std::size_t>(worker->in_pool(), worker->info.children))
            .add("waiting", worker->in_pool() - std::min<std::size_t>(worker->in_pool(), worker->info.children))
            .add("processes", worker->processes)
            .add("max_processes", worker->info.max_processes)
            .add("credit", worker->credit - worker->granted)
            .add("draining", worker->draining)
            .add("barred", TimeLimits::is_barred(*worker))
            .add("paused_ms", std::max<std::int64_t>(ms(worker->pause.until - state_.clock.now()), 0))
            .add("shortage", state_.clock.now() < worker->pause.until ? worker->pause.reason : std::string{})
            .add("connected_at_ms", session.since.count())
            .add("silent_ms", ms(state_.clock.now() - session.heard))
            .add("finished", worker->ended.finished)
            .add("lost", worker->ended.lost)
            .add("held", state_.controls.is_worker_paused(session.name.str()))
            .add("max_children", worker->info.max_children)
            .add("returned", worker->ended.returned));
  }
  return PackedMap{}.add("workers", rows).bytes();
}

std::string Queries::task(const Task& task, const TaskId& id) const {
  PackedMap map;
  map.add("id", id.to_string())
      .add("queue", base_queue(task.spec->queue))
      .add("name", task.spec->name)
      .add("state", state_name(task.state))
      .add("attempt", task.attempts.value())
      .add("max_attempts", task.options().max_attempts)
      .add("priority", static_cast<int>(task.options().priority))
      .add("submitted_at_ms", task.submitted_at.count());
  if (task.state == State::scheduled)
    map.add("not_before_ms", ms(task.ready_at - state_.clock.now()) + state_.clock.unix_time().count());
  if (!task.options().label.empty()) map.add("label", task.options().label);
  if (const auto start = attempt_start(state_, task)) map.add("started_at_ms", start->count());
  if (is_terminal(task.state)) {
    map.add("finished_at_ms", task.finished->at.count());
    if (const auto start = proto::started_at(task.finished->at, task.finished->outcome.run_us); start.count() > 0)
      map.add("started_at_ms", start.count());
  }
  add_beginning(map, "arguments", task.payload.view());
  if (const Worker* worker = state_.worker(task.worker())) {
    map.add("worker", worker->session.name.str()).add("grant", proto::to_string(task.grant()));
  }
  if (task.finished != nullptr) {
    const proto::Outcome& outcome = task.finished->outcome;
    map.add("kind", static_cast<int>(outcome.kind))
        .add("worker", outcome.worker.str())
        .add("result_bytes", outcome.value.size());
    if (outcome.kind == proto::OutcomeKind::succeeded) add_beginning(map, "result", outcome.value.view());
    if (const auto& error = outcome.error) {
      map.add("code", std::string{errc_name(error->code)});
      map.add("error", PackedMap{}
                           .add("code", std::string{errc_name(error->code)})
                           .add("type", error->type)
                           .add("message", error->message)
                           .add("backtrace", error->backtrace)
                           .add("cause", error->cause)
                           .add("exit_code", error->forensics.exit_code)
                           .add("signal", error->forensics.signal)
                           .add("output", error->forensics.output));
    }
  }
  std::vector<PackedMap> attempts;
  for (const AttemptEnd& end : ended_attempts(state_, task)) attempts.push_back(packed(end));
  map.add("attempts", attempts);
  if (!task.options().headers.empty()) map.add("headers", packed_headers(task.options().headers));
  return map.add("reason", serving_.why_waiting(task)).bytes();
}

}  // namespace forkmill::broker
