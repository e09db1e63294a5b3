// The rules of named objects: what must hold of all calls and answers once everything has ended and the rest was read.
// kind_rules.h has the rules of each kind.
#pragma once

#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

// Throws Violation.
void check_objects(const ObjectHistory& history);

}  // namespace forkmill::sim
