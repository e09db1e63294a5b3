#include "broker/core/operators/operators.h"

#include <utility>

#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/log_query.h"
#include "broker/core/operators/metrics.h"
#include "broker/core/operators/named_task.h"
#include "broker/core/operators/object_queries.h"
#include "broker/core/state/task_visibility.h"

namespace forkmill::broker {

using proto::QueryKind;
using proto::Reply;

namespace {

// For answers that name tasks of all principals.
proto::Failure tells_of_others() {
  return {Errc::not_permitted,
          "metrics, and why a queue or a worker waits, are told to clients with the role admin, and "
          "why a queue waits to those with manage= for it"};
}

}  // namespace

Operators::Operators(BrokerState& state, const Registry& registry, Submissions& submissions, Retention& retention,
                     TaskGrants& grants, Cancels& cancels, Objects& objects, Processes& processes, Steering& steering,
                     TaskChanges& changes)
    : state_{state},
      objects_{objects},
      changes_{changes},
      event_pulls_{state},
      history_{state},
      queries_{state, registry, retention, self_, history_},
      process_queries_{state, grants, processes, self_},
      why_queries_{state, registry, processes},
      commands_{state, submissions, retention, cancels, objects, processes, steering, changes, history_} {}

void Operators::handle(Client& client, const proto::Query& query) {
  Task* named = task(client, named_task(query));
  auto answer = reply(client, query, named);
  if (!answer) return;
  state_.output.send(client.session, std::move(*answer),
                     must_be_safe(query, named) ? state_.output.safe_after() : proto::CommitSeq{});
}

void Operators::handle(Client& client, const proto::Command& command) {
  auto answer = commands_.reply(client, command, task(client, named_task(command)));
  if (answer) state_.output.send(client.session, std::move(*answer), state_.output.safe_after());
}

void Operators::handle(StoreAnswer answer) {
  if (std::holds_alternative<HistoryAnswer>(answer.what)) return history_.handle(std::move(answer));
  commands_.awaits(answer.ticket) ? commands_.handle(std::move(answer)) : queries_.handle(std::move(answer));
}

// The state of a task is sent when it is safe: a crash might take it back. What an unfinished task waits for may be
// that commit.
bool Operators::must_be_safe(const proto::Query& query, const Task* named) {
  if (query.kind != QueryKind::why_task) return named_task(query).has_value();
  return named == nullptr || is_terminal(named->state);
}

std::optional<Reply> Operators::reply(Client& client, const proto::Query& query, Task* named) {
  switch (query.kind) {
    case QueryKind::objects:
      return reply_to(query.id, list_objects(objects_, state_, client, query.argument));
    case QueryKind::object:
      return reply_to(query.id, show_object(objects_, state_, client, query.argument));
    case QueryKind::process:
      return reply_to(query.id, process_queries_.state(client, query.argument, named));
    case QueryKind::processes:
      return reply_to(query.id, process_queries_.list(client));
    case QueryKind::metrics:
      return reply_to(query.id, sees_all(client) ? metrics(state_, self_, event_pulls_) : ReplyBody{tells_of_others()});
    case QueryKind::why_task:
      if (named == nullptr) return history_.show(query, client);
      return reply_to(query.id, why_queries_.task(client, *named));
    case QueryKind::why_queue:
      return reply_to(query.id, may_see_queue(client, query.argument) ? why_queries_.queue(query.argument)
                                                                      : ReplyBody{tells_of_others()});
    case QueryKind::why_worker:
      return reply_to(query.id, sees_all(client) ? why_queries_.worker(query.argument) : ReplyBody{tells_of_others()});
    case QueryKind::logs:
      if (named == nullptr) return reply_to(query.id, task_unknown(client, query.argument));
      return reply_to(query.id, show_log(state_, client, *named, query));
    case QueryKind::events:
      return event_pulls_.pull(client, query);
    case QueryKind::changes:
      return reply_to(query.id, changes_.list(client, query.argument));
    default:
      return queries_.reply(query, client, named);
  }
}

Task* Operators::task(const Client& client, std::optional<std::string_view> named) const {
  const auto id = named ? named_by(client, *named) : std::nullopt;
  Task* task = id ? state_.tasks.find(*id) : nullptr;
  return task != nullptr && may_see(client, *task) && !is_dropped(*task) ? task : nullptr;
}

}  // namespace forkmill::broker
