// WhyQueries: the queries of operators for reasons, as replies.
#pragma once

#include <string>

#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/why/serving.h"
#include "broker/core/peers/processes.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class WhyQueries {
 public:
  WhyQueries(BrokerState& state, const Registry& registry, const Processes& processes)
      : state_{state}, processes_{processes}, serving_{state, registry} {}

  // `named`: the task that the client's query names. HistoryQueries tells of those that only the history has.
  ReplyBody task(const Client& client, const Task& named) const;
  // No rows: there is no such queue.
  ReplyBody queue(const std::string& name) const;
  // The workers of that name, kMaxWorkers at most. No rows: there is none.
  ReplyBody worker(const std::string& name) const;
  static constexpr std::size_t kMaxWorkers = 100;

 private:
  const BrokerState& state_;
  const Processes& processes_;
  Serving serving_;
};

}  // namespace forkmill::broker
