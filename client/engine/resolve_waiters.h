// Carries out the effects of a session that concern waiters: states of tasks, of cancels and of queries, and calls.
#pragma once

#include "client/session/effects.h"

namespace forkmill::client {

// The cookies are those of an inbox. Those of ends, answers and operations own a reference to their waiter, which is
// dropped here.
void resolve_waiters(Effects& effects);

}  // namespace forkmill::client
