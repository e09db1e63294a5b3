// Ids and sequence numbers of the protocol, each with its own type.
#pragma once

#include <forkmill/task_id.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "proto/strong.h"

namespace forkmill::proto {

// The broker makes a new one, random and so unguessable, for each WELCOME.
using SessionId = Strong<struct SessionIdTag>;
// Counts the messages of one sender within one session, from 1.
using MessageSeq = Strong<struct MessageSeqTag>;
// The broker's number of a task; rises in order of arrival, and is the key in the store.
using TaskSeq = Strong<struct TaskSeqTag>;
// Rises with every start of the broker on one store.
using Epoch = Strong<struct EpochTag>;
// Counts the executions of a task, from 1.
using Attempt = Strong<struct AttemptTag, std::uint32_t>;
// One connection to the broker; not used again while the broker lives.
using PeerId = Strong<struct PeerIdTag>;
// The store's number of a commit.
using CommitSeq = Strong<struct CommitSeqTag>;

// One attempt given to one worker: the fencing token. Only the current grant of a task may change its state.
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
