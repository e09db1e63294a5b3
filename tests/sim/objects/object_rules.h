// What must hold of all that clients asked of named objects and were answered, once everything has ended and the rest
// was read: tokens, items, sums, rounds, and that durable objects outlive the broker.
#pragma once

#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

// Throws Violation.
void check_objects(const ObjectHistory& history);
// The items of one queue.
void check_queue(const ObjectHistory& history, const std::vector<const Asked*>& asked, bool final);
// What was said to be done with, and who waited for all of it.
void check_joinable(const ObjectHistory& history, const std::vector<const Asked*>& asked);
void check_joins(const ObjectHistory& history, const std::vector<const Asked*>& asked);
void check_condition(const ObjectHistory& history, const std::vector<const Asked*>& asked);
void check_pipe(const ObjectHistory& history, const std::vector<const Asked*>& asked);
// A dict, or a list, against the plain thing.
void check_table(const ObjectHistory& history, const std::vector<const Asked*>& asked, bool dict);

[[noreturn]] void violated(const ObjectHistory& history, const Asked& one, const std::string& text);

}  // namespace forkmill::sim
