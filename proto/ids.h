// The names of things on the wire, each a type of its own.
#pragma once

#include <forkmill/task_id.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "proto/strong.h"

namespace forkmill::proto {

using SessionId =
    Strong<struct SessionIdTag>;  // given by the broker with each WELCOME; random, so it cannot be guessed
using MessageSeq = Strong<struct MessageSeqTag>;  // counts the messages of one sender within one session, from 1
using TaskSeq = Strong<struct TaskSeqTag>;  // the broker's number of a task, rising: storage key and order of arrival
using Epoch = Strong<struct EpochTag>;      // rises with every start of the broker on one store
using Attempt = Strong<struct AttemptTag, std::uint32_t>;  // executions of a task, from 1
using PeerId = Strong<struct PeerIdTag>;        // one connection to the broker; never used again while the broker lives
using CommitSeq = Strong<struct CommitSeqTag>;  // the store's number of its last commit

// One execution of one task: the fencing token. Only the current one may change the task's state.
struct Grant {
  Epoch epoch;
  TaskSeq seq;
  Attempt attempt;
  friend constexpr auto operator<=>(const Grant&, const Grant&) = default;
};

// "3-1042-1": epoch, seq, attempt.
std::string to_string(const Grant& grant);

}  // namespace forkmill::proto

template <>
struct std::hash<forkmill::proto::Grant> {
  std::size_t operator()(const forkmill::proto::Grant& grant) const noexcept {
    return std::hash<forkmill::proto::TaskSeq>{}(grant.seq) ^ (grant.epoch.value() << 20) ^ grant.attempt.value();
  }
};
