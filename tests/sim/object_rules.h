// What must hold of all that clients asked of named objects and were answered, once everything has ended and the rest
// was read: tokens, items, sums, rounds, and that durable objects outlive the broker.
#pragma once

#include "tests/sim/object_history.h"

namespace forkmill::sim {

// Throws Violation.
void check_objects(const ObjectHistory& history);
// The items of one queue.
void check_queue(const ObjectHistory& history, const std::vector<const Asked*>& asked, bool final);

[[noreturn]] void violated(const ObjectHistory& history, const Asked& one, const std::string& text);

}  // namespace forkmill::sim
