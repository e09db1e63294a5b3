// The rules of each kind of named object. `calls` are all calls on one object, in the order in which they were made; at
// least one. Each function throws Violation.
#pragma once

#include "tests/sim/objects/selection.h"

namespace forkmill::sim {

// Tokens of a lock are distinct and rise; a release succeeds only for the current holder.
void check_lock(const ObjectHistory& history, const Selection& calls);
void check_semaphore(const ObjectHistory& history, const Selection& calls);

// A key of a dict to which clients only add 1: sums are distinct, rise, and add up.
void check_counter(const ObjectHistory& history, const Selection& calls);
// A key of a dict that clients only exchange: the values make one chain.
void check_cell(const ObjectHistory& history, const Selection& calls);
// A dict or a list: each answer is that of a plain dict or list at the same version.
void check_table(const ObjectHistory& history, const Selection& calls, bool dict);

// An event is set only after a call of set().
void check_event(const ObjectHistory& history, const Selection& calls);
// Each round of a barrier has each index once, and no client passes before the last one has arrived.
void check_barrier(const ObjectHistory& history, const Selection& calls);

// Items are consumed at most once, in order, and none is lost. `final`: the object was read to its end.
void check_queue(const ObjectHistory& history, const Selection& calls, bool final);
// Items that are said to be done were put before, and what is left at the end is what was put and not done.
void check_joinable(const ObjectHistory& history, const Selection& calls);
// A join ends only when all items that were put before it are done.
void check_joins(const ObjectHistory& history, const Selection& calls);

// As many waiters are notified as there are notifications.
void check_condition(const ObjectHistory& history, const Selection& calls);
// A waiter of a condition has its lock again: the tokens of acquire and of wait are distinct and rise together.
void check_lock_of_condition(const ObjectHistory& history, const Selection& calls);

// Messages leave a pipe at the other end, once, and in order.
void check_pipe(const ObjectHistory& history, const Selection& calls);

}  // namespace forkmill::sim
