#include "broker/core/operators/operators.h"

#include <algorithm>
#include <utility>

#include "broker/core/operators/object_queries.h"
#include "broker/core/operators/operator_commands.h"
#include "proto/limits.h"

namespace forkmill::broker {

using proto::Query;
using proto::QueryKind;
using proto::Reply;

Operators::Operators(BrokerState& state, const Registry& registry, Intake& intake, Retention& retention,
                     Attempts& attempts, Cancels& cancels, Objects& objects, Processes& processes)
    : state_{state},
      objects_{objects},
      dead_letters_{state, intake, retention},
      queries_{state, registry, retention, self_},
      process_queries_{state, attempts, cancels, processes, self_} {}

void Operators::handle(Client& client, const Query& query) {
  auto answer = reply(client, query);
  if (!answer) return;
  // The text may repeat the argument of the query, which may be as long as any text.
  answer->text.resize(std::min(answer->text.size(), proto::limits::kMaxErrorText));
  // The outcome of a command and the state of a task are sent when they are safe: a crash might take them back.
  const bool when_safe = is_operator_command(query) || query.kind == QueryKind::task || query.kind == QueryKind::signal;
  state_.send(client.session, std::move(*answer), when_safe ? state_.safe_after() : proto::CommitSeq{});
}

std::optional<Reply> Operators::reply(Client& client, const Query& query) {
  if (is_operator_command(query)) return reply_once(client, query);
  switch (query.kind) {
    case QueryKind::objects:
      return list_objects(objects_, query);
    case QueryKind::object:
      return show_object(objects_, state_, query);
    case QueryKind::signal:
      return process_queries_.signal(query, task_of(query));
    case QueryKind::processes:
      return process_queries_.list(query);
    default:
      return queries_.reply(query, client.handle, task_of(query));
  }
}

Reply Operators::reply_once(Client& client, const Query& command) {
  if (const Reply* before = answered_before(client, command)) return *before;
  Reply reply = carry_out(client, command);
  note_answer(client, command, reply);
  return reply;
}

Reply Operators::carry_out(Client& client, const Query& command) {
  switch (command.kind) {
    case QueryKind::dead_retry:
      return dead_letters_.retry(client, command, task_of(command));
    case QueryKind::dead_drop:
      return dead_letters_.drop(command, task_of(command));
    case QueryKind::object_remove:
      return remove_object(objects_, command);
    case QueryKind::object_release:
      return release_object(objects_, command);
    default:
      return process_queries_.signal(command, task_of(command));
  }
}

// Returns the task that the query names. Null: the query names none, or one that the broker does not know.
Task* Operators::task_of(const Query& query) const {
  const auto named = task_named_by(query);
  const auto id = named ? state_.tasks.named(*named) : std::nullopt;
  return id ? state_.tasks.find(*id) : nullptr;
}

}  // namespace forkmill::broker
