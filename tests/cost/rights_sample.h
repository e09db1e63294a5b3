// RightsSample: a principal with several patterns and quotas, and all that is asked of its rights for a task that it
// submits. The cost ring counts it, and the benchmarks measure its time.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "broker/core/state/rights_checks.h"

namespace forkmill::cost {

class RightsSample {
 public:
  RightsSample() {
    rights_.own_tasks_only = true;
    rights_.submit = {"web.*", "reports", "mail.*", "default"};
    rights_.submit_names = {"web.*", "reports.*", "mail.*"};
    rights_.max_priority = 10;
    rights_.quotas.tasks = 1'000'000'000;
    rights_.quotas.task_bytes = std::uint64_t{1} << 50;
    client_.session.principal = "alice";
    client_.session.rights = &rights_;
    client_.owner = state_.tasks.owners.find_or_make("alice");
    spec_.queue = "default";
    spec_.name = "mail.send";
    spec_.principal = "alice";
  }
  RightsSample(const RightsSample&) = delete;
  RightsSample& operator=(const RightsSample&) = delete;

  // Asks for one task and counts it in the quotas. Throws if it is refused.
  void submit() {
    const bool may = broker::may_submit(state_, client_, spec_).ok();
    broker::Owner* const owner = broker::owner_of(state_, client_, spec_);
    if (!may || owner == nullptr || !broker::may_have_task(state_, client_, owner, kBytes).ok())
      throw std::runtime_error{"a task was refused"};
    owner->hold(kBytes);
  }

 private:
  static constexpr std::size_t kBytes = 64;

  broker::BrokerState state_{broker::CoreOptions{}, broker::Identity{}, {}};
  proto::Rights rights_;
  broker::Client client_;
  proto::TaskSpec spec_;
};

}  // namespace forkmill::cost
