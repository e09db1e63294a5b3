// Attempt outcomes: how an attempt ended, in the words of the protocol. Pure.
#pragma once

#include <string>

#include "proto/wire/messages.h"
#include "worker/ipc/child_messages.h"
#include "worker/ipc/control_records.h"
#include "worker/rules/attempt_table.h"

namespace forkmill::worker {

// A child has ended. Everything that it said before has been handled.
struct ChildDeath {
  ControlFacts facts;
  std::string output;                  // the end of what the child wrote
  std::vector<std::uint64_t> started;  // attempts that the child started and did not finish
};

// The handler of the attempt has returned or thrown.
proto::OutcomeRecord outcome_of(const Attempt& attempt, const ChildResult& result);

// The attempt ended with its child.
proto::OutcomeRecord outcome_of(const Attempt& attempt, const ChildDeath& death);

// The attempt was lost when the worker was stopped at once.
proto::OutcomeRecord outcome_of_stop(const Attempt& attempt);

// The worker does not run this task at all.
proto::OutcomeRecord refusal_of(Errc code, std::string message);

proto::Forensics forensics_of(const ChildDeath& death);

}  // namespace forkmill::worker
