// Why a task ended as it did, and how each of its attempts ended, in words: of a task in the table of tasks, and of one
// that only the history has. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/operators/why/reason.h"
#include "broker/store/attempt_end.h"
#include "broker/store/finished_task.h"

namespace forkmill::broker {

// "failed", "lost": what became of an attempt.
std::string_view outcome_name(proto::OutcomeKind kind);

// "attempt 2 of 3"
std::string attempt_text(const proto::TaskOptions& options, std::uint32_t attempt);

// Returns why a task ended with this outcome. The first finding tells how.
Findings why_ended(const proto::TaskOptions& options, const proto::Outcome& outcome, milliseconds at);

// Adds how earlier attempts ended. known: the last ones of the `count` that were made.
void add_earlier_attempts(Findings& found, const proto::TaskOptions& options, const std::vector<AttemptEnd>& known,
                          std::size_t count);

// Returns why a task of the history ended, and how its attempts did.
Findings why_finished(const FinishedTask& task);

// Returns the ends of all attempts: the earlier ones, and the last one unless it is among them.
std::vector<AttemptEnd> with_last(std::vector<AttemptEnd> earlier, const proto::Outcome& outcome, milliseconds at);

}  // namespace forkmill::broker
