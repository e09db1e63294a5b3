#include "broker/core/operators/operator_commands.h"

#include <algorithm>

namespace forkmill::broker {

using proto::QueryKind;

namespace {

// Commands of one client whose answers are kept. More of them unanswered at a time may be done twice.
constexpr std::size_t kMaxKept = 256;

}  // namespace

bool is_operator_command(const proto::Query& query) {
  switch (query.kind) {
    case QueryKind::dead_retry:
    case QueryKind::dead_drop:
    case QueryKind::object_remove:
    case QueryKind::object_release:
      return true;
    case QueryKind::signal:
      return !query.argument.ends_with(" 0");  // signal 0 only asks
    default:
      return false;
  }
}

std::optional<std::string_view> task_named_by(const proto::Query& query) {
  switch (query.kind) {
    case QueryKind::task:
    case QueryKind::dead_retry:
    case QueryKind::dead_drop:
      return query.argument;
    case QueryKind::signal: {
      const std::string_view id_and_signal = query.argument;
      return id_and_signal.substr(0, id_and_signal.find(' '));
    }
    default:
      return std::nullopt;
  }
}

const proto::Reply* answered_before(const Client& client, const proto::Query& query) {
  const auto found = std::find_if(client.commands.begin(), client.commands.end(), [&](const Client::Command& one) {
    return one.query == query && one.session != client.session.id;
  });
  return found == client.commands.end() ? nullptr : &found->reply;
}

void note_answer(Client& client, const proto::Query& query, const proto::Reply& reply) {
  client.commands.push_back({client.session.id, query, reply});
  if (client.commands.size() > kMaxKept) client.commands.pop_front();
}

}  // namespace forkmill::broker
