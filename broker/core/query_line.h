// QueryLine: queries and commands for which the broker looks at many tasks or objects. One of them is answered in each
// round, so that other messages do not wait for a flood of them. Lists of tasks, which may take many rounds or the
// store, have a line of their own, from which one after another is made, and so have those that need an IdSearch.
// Clients take turns. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "broker/core/operators/named_task.h"
#include "broker/core/state/client.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

class QueryLine {
 public:
  static constexpr std::size_t kMaxOfClient = 256;

  // Whether the message is such a query: a list, reasons, or one that names a task by the beginning of its id.
  static bool is_costly(const proto::Message& message) {
    if (const auto* command = std::get_if<proto::Command>(&message)) return is_prefix(named_task(*command));
    const auto* query = std::get_if<proto::Query>(&message);
    if (query == nullptr) return false;
    if (query->kind == proto::QueryKind::why_task) return true;
    if (const auto named = named_task(*query)) return is_prefix(named);
    return query->kind != proto::QueryKind::ping && query->kind != proto::QueryKind::object &&
           query->kind != proto::QueryKind::events;
  }

  // Whether the message is a query that may take many rounds, or that the store must answer.
  static bool is_list(const proto::Message& message) {
    const auto* query = std::get_if<proto::Query>(&message);
    return query != nullptr && (query->kind == proto::QueryKind::tasks || query->kind == proto::QueryKind::shards);
  }

  // Takes the envelope. Returns false, and leaves it, if too many messages of the client wait.
  bool add(ClientHandle client, proto::PeerId peer, proto::Envelope& envelope) {
    const auto [place, is_new] = by_client_.try_emplace(client);
    if (is_new) turns_.push_back(client);
    if (place->second.size() >= kMaxOfClient) return false;
    place->second.push_back({peer, std::move(envelope)});
    return true;
  }

  bool empty() const { return turns_.empty(); }

  using Waiting = std::pair<proto::PeerId, proto::Envelope>;
  // Removes and returns the next one. The line must not be empty.
  Waiting pop() {
    const ClientHandle client = turns_.front();
    turns_.pop_front();
    const auto place = by_client_.find(client);
    Waiting next = std::move(place->second.front());
    place->second.pop_front();
    if (place->second.empty())
      by_client_.erase(place);
    else
      turns_.push_back(client);
    return next;
  }

 private:
  static bool is_prefix(std::optional<std::string_view> named) { return named && !TaskId::parse(*named); }

  std::list<ClientHandle> turns_;
  std::unordered_map<ClientHandle, std::deque<Waiting>> by_client_;
};

}  // namespace forkmill::broker
