// Queries: what operators ask. Bodies are msgpack maps, laid out in PROTOCOL.md under QUERY.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class Queries {
 public:
  Queries(BrokerState& state, const Registry& registry, const Retention& retention)
      : state_{state}, registry_{registry}, retention_{retention} {}

  // `task`: the near one that the query names, or null. None: the answer comes when the store has answered.
  std::optional<proto::Reply> answer(const proto::Query& query, ClientHandle asker, const Task* task);
  // A scan or a backup.
  void answered(StoreAnswer answer);

  std::uint64_t rss_bytes = 0;  // of the process; set from outside

 private:
  std::string status() const;
  std::string queues() const;
  std::string workers() const;
  std::string task(const Task& task) const;
  void ask(const proto::Query& query, ClientHandle asker, decltype(StoreRequest::what) what);

  // Ready tasks that no connected worker would take, by queue and kind, and why.
  struct Unserved {
    std::string queue;
    std::string name;
    std::size_t count;
    std::string reason;
  };
  std::vector<Unserved> unserved() const;
  // Why nobody takes such tasks; empty when somebody does.
  std::string why_unserved(const Queue& queue, KindId kind) const;
  std::string why_waiting(const Task& task) const;
  bool is_served(const Queue& queue, const Worker& worker) const;
  std::size_t workers_of(const Queue& queue) const;

  BrokerState& state_;
  const Registry& registry_;
  const Retention& retention_;
  struct Asked {
    proto::Query query;
    ClientHandle asker;
  };
  std::unordered_map<std::uint64_t, Asked> asked_;  // of the store, by ticket
};

}  // namespace forkmill::broker
