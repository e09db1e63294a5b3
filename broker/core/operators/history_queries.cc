#include "broker/core/operators/history_queries.h"

#include <algorithm>
#include <utility>

#include "broker/core/operators/attempt_row.h"
#include "broker/core/operators/listing/listing.h"
#include "broker/core/operators/why/ended.h"
#include "broker/core/state/task_visibility.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/check.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kMostMatches = 16;

proto::Failure too_many() {
  return {Errc::too_many_waiting, "too many questions to the history of finished tasks wait: ask again"};
}

// Returns the one task of those found, the latest if it ended several times. Null: there is none, or several tasks.
const FinishedTask* one_of(const HistoryAnswer& found, const TaskVisibility& visibility) {
  if (found.tasks.empty()) return nullptr;
  const FinishedTask& latest = found.tasks.front();
  const auto is_other = [&](const FinishedTask& task) {
    return visibility.shown_id(task.id, *task.spec) != visibility.shown_id(latest.id, *latest.spec);
  };
  return std::any_of(found.tasks.begin(), found.tasks.end(), is_other) ? nullptr : &latest;
}

// Returns why one_of() found none. `unknown`: why the table of tasks has none.
proto::Failure why_none(std::string_view text, const std::string& unknown, const HistoryAnswer& found) {
  if (found.tasks.size() > 1)
    return {Errc::task_unknown,
            "several finished tasks have ids that begin with '" + std::string{text} + "': write more of it"};
  return {Errc::task_unknown, unknown};
}

std::string state_of(const FinishedTask& task) { return std::string{row_of(task).state}; }

std::vector<PackedMap> attempts_of(const FinishedTask& task) {
  std::vector<PackedMap> rows;
  for (const AttemptEnd& end : with_last(task.earlier, task.outcome, task.finished_at)) rows.push_back(packed(end));
  return rows;
}

// As WhyQueries::task() tells it of a task that is not only in the history.
PackedMap reasons(const FinishedTask& task, const TaskVisibility& visibility) {
  return PackedMap{}
      .add("id", visibility.shown_id(task.id, *task.spec).to_string())
      .add("history", true)
      .add("queue", base_queue(task.spec->queue))
      .add("name", task.spec->name)
      .add("state", state_of(task))
      .add("attempt", task.outcome.attempt.value())
      .add("max_attempts", task.spec->options.max_attempts)
      .add("findings", packed(why_finished(task)))
      .add("attempts", attempts_of(task));
}

PackedMap details(const FinishedTask& task, const TaskVisibility& visibility) {
  const proto::Outcome& outcome = task.outcome;
  PackedMap map;
  map.add("id", visibility.shown_id(task.id, *task.spec).to_string())
      .add("history", true)
      .add("queue", base_queue(task.spec->queue))
      .add("name", task.spec->name)
      .add("state", state_of(task))
      .add("attempt", outcome.attempt.value())
      .add("max_attempts", task.spec->options.max_attempts)
      .add("priority", static_cast<int>(task.spec->options.priority))
      .add("submitted_at_ms", task.submitted_at.count())
      .add("finished_at_ms", task.finished_at.count());
  if (const auto start = proto::started_at(task.finished_at, outcome.run_us); start.count() > 0)
    map.add("started_at_ms", start.count());
  if (!task.spec->options.label.empty()) map.add("label", task.spec->options.label);
  if (!task.spec->principal.empty()) map.add("principal", task.spec->principal);
  map.add("kind", static_cast<int>(outcome.kind))
      .add("worker", outcome.worker.str())
      .add("result_bytes", task.result_bytes);
  if (outcome.error) {
    const std::string code{errc_name(outcome.error->code)};
    map.add("code", code)
        .add("error",
             PackedMap{}.add("code", code).add("type", outcome.error->type).add("message", outcome.error->message));
  }
  map.add("attempts", attempts_of(task));
  if (const auto trace = proto::header(task.spec->options.headers, "traceparent"); !trace.empty())
    map.add("headers", PackedMap{}.add("traceparent", trace));
  return map.add("reason", std::string{"it has finished; its arguments and its result are no longer kept"});
}

}  // namespace

std::optional<proto::Reply> HistoryQueries::list(const proto::Query& query, const Client& asker) {
  if (auto status = check_history_filter(query.filter); !status.ok()) return reply_to(query.id, status.failure());
  if (!state_.options.history)
    return reply_to(query.id, proto::Failure{Errc::bad_request,
                                             "this broker keeps no history of finished tasks: start it with "
                                             "--history-age or --history-size"});
  if (waiting_.size() >= kMaxWaiting) return reply_to(query.id, too_many());
  const std::uint64_t ticket = state_.output.ask(HistoryRequest{history_scan_for(query.filter, visibility_of(asker))});
  waiting_.emplace(ticket, Waiting{asker.handle, query});
  return std::nullopt;
}

std::optional<proto::Reply> HistoryQueries::show(const proto::Query& query, const Client& asker) {
  const auto failure = find(asker, query.argument, {asker.handle, query});
  return failure ? std::optional{reply_to(query.id, *failure)} : std::nullopt;
}

std::optional<proto::Failure> HistoryQueries::refuse_change(const Client& asker, std::string_view text, Refuse then) {
  return find(asker, text, {asker.handle, Change{std::string{text}, std::move(then)}});
}

// Asks the history for the task that `text` names. Returns why not.
std::optional<proto::Failure> HistoryQueries::find(const Client& asker, std::string_view text, Waiting waiting) {
  const std::string digits = digits_of(text);
  if (!state_.options.history || !can_name_task(digits)) return task_unknown(asker, text);
  if (waiting_.size() >= kMaxWaiting) return too_many();
  auto passes = [digits, visibility = visibility_of(asker)](const FinishedTask& task) {
    return visibility.shows(*task.spec) && begins_with(visibility.shown_id(task.id, *task.spec), digits);
  };
  waiting.unknown = why_unknown(asker, text);
  waiting_.emplace(state_.output.ask(HistoryRequest{HistoryFind{digits, kMostMatches, std::move(passes)}}),
                   std::move(waiting));
  return std::nullopt;
}

void HistoryQueries::handle(StoreAnswer answer) {
  const auto place = waiting_.find(answer.ticket);
  FORKMILL_CHECK(place != waiting_.end());
  const Waiting waiting = std::move(place->second);
  waiting_.erase(place);
  Client* client = state_.client(waiting.asker);
  const auto& found = std::get<HistoryAnswer>(answer.what);
  if (const auto* change = std::get_if<Change>(&waiting.what)) return change->then(refusal(waiting, client, found));
  if (client == nullptr) return;  // gone before the answer came
  const auto& query = std::get<proto::Query>(waiting.what);
  state_.output.send(client->session, reply_to(query.id, this->answer(waiting, *client, found)));
}

// Returns why the task cannot be changed. `asker`: null if it has gone.
proto::Failure HistoryQueries::refusal(const Waiting& waiting, const Client* asker, const HistoryAnswer& found) {
  if (asker == nullptr) return {Errc::task_unknown, "the client went away before the history was searched"};
  const TaskVisibility visibility = visibility_of(*asker);
  const FinishedTask* task = one_of(found, visibility);
  if (task == nullptr) return why_none(std::get<Change>(waiting.what).text, waiting.unknown, found);
  return {Errc::bad_request, "task " + visibility.shown_id(task->id, *task->spec).to_string() + " is " +
                                 state_of(*task) + ", and only its history is kept, not its arguments: it cannot be " +
                                 "changed or tried again; submit it as a new task"};
}

ReplyBody HistoryQueries::answer(const Waiting& waiting, const Client& asker, const HistoryAnswer& found) const {
  const auto& query = std::get<proto::Query>(waiting.what);
  if (!found.status.ok()) return found.status.failure();
  const TaskVisibility visibility = visibility_of(asker);
  if (query.kind == proto::QueryKind::tasks) return list_history(state_, visibility, found);
  const FinishedTask* task = one_of(found, visibility);
  if (task == nullptr) return why_none(query.argument, waiting.unknown, found);
  return query.kind == proto::QueryKind::why_task ? reasons(*task, visibility) : details(*task, visibility);
}

}  // namespace forkmill::broker
