// Queries: what operators ask about tasks, queues, workers and the broker itself. Bodies are msgpack maps, laid out in
// PROTOCOL.md under QUERY.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/operators/history_queries.h"
#include "broker/core/operators/listing/memory_walk.h"
#include "broker/core/operators/self_report.h"
#include "broker/core/operators/why/serving.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class Queries {
 public:
  Queries(BrokerState& state, const Registry& registry, const Retention& retention, const SelfReport& self,
          HistoryQueries& history)
      : state_{state}, retention_{retention}, self_{self}, history_{history}, serving_{state, registry} {}

  // `task`: the one that the query names, or null. Empty: the reply goes out when the store has answered.
  std::optional<proto::Reply> reply(const proto::Query& query, const Client& asker, const Task* task);
  // The store's answer to a scan, or about the shards of the cluster.
  void handle(StoreAnswer answer);
  // Looks at further tasks in memory for the list that is under way, and replies once that has seen all of them. Call
  // in each round.
  void step();
  // Whether a list is under way, for which step() is to be called again.
  bool is_listing() const { return list_.has_value(); }
  // Whether a list, or a query for the store, has no reply yet. Another one must wait.
  bool is_waiting() const { return !asked_.empty() || is_listing(); }

 private:
  std::string status(const Client& asker) const;
  std::string queues() const;
  std::string workers(const Client& asker) const;
  // `id`: as the asker knows it.
  std::string task(const Task& task, const TaskId& id) const;
  void scan(const proto::Query& query, const Client& asker);
  std::optional<proto::Reply> ask_shards(const proto::Query& query, const Client& asker);

  // A query that the store has not answered.
  struct Asked {
    proto::Query query;
    ClientHandle asker;
  };
  // A list of tasks that has the answer of the store, if there is one, and looks through the tasks in memory.
  struct List {
    Asked asked;
    ScanAnswer scanned;
    MemoryWalk walk;
    bool has_scanned;
  };
  // Whether tasks that are on disk only may pass the filter: the store must be asked.
  bool needs_store(const proto::TaskFilter& filter) const;
  // Without `scanned`, all tasks that are looked for are in memory.
  void begin_list(Asked asked, const Client& asker, std::optional<ScanAnswer> scanned);

  BrokerState& state_;
  const Retention& retention_;
  const SelfReport& self_;
  HistoryQueries& history_;
  Serving serving_;
  std::unordered_map<std::uint64_t, Asked> asked_;  // by the ticket of the request to the store
  std::optional<List> list_;
};

}  // namespace forkmill::broker
