#include "broker/core/operators/operator_commands.h"

#include <algorithm>

namespace forkmill::broker {

using proto::QueryKind;

namespace {

constexpr std::size_t kMaxKept = 256;  // a client that has more of them unanswered at a time may repeat some

}  // namespace

bool is_operator_command(const proto::Query& query) {
  switch (query.kind) {
    case QueryKind::dead_retry:
    case QueryKind::dead_drop:
    case QueryKind::object_remove:
    case QueryKind::object_release:
      return true;
    case QueryKind::signal:
      return !query.argument.ends_with(" 0");  // that one only asks
    default:
      return false;
  }
}

const proto::Reply* answered_before(const Client& client, const proto::Query& query) {
  const auto found = std::find_if(client.orders.begin(), client.orders.end(), [&](const Client::Order& one) {
    return one.query == query && one.session != client.session.id;
  });
  return found == client.orders.end() ? nullptr : &found->reply;
}

void note_answer(Client& client, const proto::Query& query, const proto::Reply& reply) {
  client.orders.push_back({client.session.id, query, reply});
  if (client.orders.size() > kMaxKept) client.orders.pop_front();
}

}  // namespace forkmill::broker
