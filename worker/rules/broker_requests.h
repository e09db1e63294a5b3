// BrokerRequests: what the broker asks of the pool: to run attempts, not to run them, to forget them, to signal them.
// Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/wire/messages.h"
#include "worker/rules/pool_attempts.h"
#include "worker/rules/pool_state.h"
#include "worker/rules/process_attempts.h"

namespace forkmill::worker {

class BrokerRequests {
 public:
  BrokerRequests(PoolState& state, PoolAttempts& pool, ProcessAttempts& processes);

  void handle(proto::Instant now, proto::Grants&& grants);
  // Answers each: returned, stopping or unknown.
  void handle(proto::Instant now, const proto::Revoke& revoke);
  void handle(const proto::Signals& signals);
  // The attempts under these grants do not belong to this worker any more: ends them, without an outcome.
  void abandon(proto::Instant now, const std::vector<proto::Grant>& grants);

 private:
  void add(proto::Instant now, proto::GrantedTask&& task);
  // Returns the index of the task's handler. Empty if this worker refuses the task, which it has reported then.
  std::optional<std::uint32_t> find_handler(proto::GrantedTask& task);
  // Opens sealed arguments, in their place. `origin` gets what an answer to them is bound to, and stays null if they
  // came in the clear. Returns false if this worker refuses the task, which it has reported then.
  bool open(proto::GrantedTask& task, std::unique_ptr<const proto::SealOrigin>& origin);
  void refuse(const proto::GrantedTask& task, Errc code, std::string message);
  // Keeps the attempt from starting, and forgets it. Returns false if it has started.
  bool revoke(proto::Instant now, std::uint64_t serial);
  // stop: whether an attempt that runs is asked to stop.
  proto::RevokeState answer_to_revoke(proto::Instant now, const proto::Grant& grant, bool stop);

  PoolState& state_;
  PoolAttempts& pool_;
  ProcessAttempts& processes_;
  std::unordered_map<std::string, std::uint32_t> handlers_;  // by the task's name
  // Tasks that were submitted alike come with one spec: the last one that was looked up, and its handler.
  proto::SharedSpec last_spec_;
  std::uint32_t last_handler_ = 0;
};

}  // namespace forkmill::worker
