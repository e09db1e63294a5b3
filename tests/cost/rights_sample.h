// RightsSample: a principal with several patterns and quotas, and all that is asked of its rights for a task that it
// submits. The cost ring counts it, and the benchmarks measure its time.
#pragma once

#include <cstdint>
#include <memory>
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
    client_.session.id = proto::SessionId{1};
    client_.session.principal = "alice";
    client_.session.rights = &rights_;
    client_.owner = state_.tasks.owners.find_or_make("alice");
    proto::TaskSpec spec;
    spec.queue = "default";
    spec.name = "mail.send";
    spec.principal = "alice";
    broker::CommonPart part;
    part.spec = std::make_shared<const proto::TaskSpec>(std::move(spec));
    part.owner = client_.owner;
    accepted_.spec = broker::CommonRef{std::move(part)};
  }
  RightsSample(const RightsSample&) = delete;
  RightsSample& operator=(const RightsSample&) = delete;

  // Asks for a task whose spec was accepted before, as most are, and counts it in the quotas. Throws if it is refused.
  void submit() {
    if (!broker::is_permitted(state_, client_, accepted_)) ask();
    broker::Owner* const owner = broker::owner_of(state_, client_, *accepted_.spec, &accepted_);
    if (owner == nullptr || !broker::may_have_task(state_, client_, owner, kBytes).ok()) refuse();
    owner->hold(kBytes);
  }

  // Does the same for a task whose spec is new.
  void submit_new() {
    ask();
    broker::Owner* const owner = broker::owner_of(state_, client_, *accepted_.spec, nullptr);
    if (owner == nullptr || !broker::may_have_task(state_, client_, owner, kBytes).ok()) refuse();
    owner->hold(kBytes);
  }

 private:
  static constexpr std::size_t kBytes = 64;

  [[noreturn]] static void refuse() { throw std::runtime_error{"a task was refused"}; }
  void ask() {
    if (!broker::may_submit(state_, client_, *accepted_.spec).ok()) refuse();
    accepted_.permitted = broker::permitted_now(state_, client_);
  }

  broker::BrokerState state_{broker::CoreOptions{}, broker::Identity{}, {}};
  proto::Rights rights_;
  broker::Client client_;
  broker::AcceptedSpec accepted_;
};

}  // namespace forkmill::cost
