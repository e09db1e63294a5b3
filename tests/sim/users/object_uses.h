// The ways in which a user works with each kind of named object. Each function makes one call on the object `shared`,
// or goes on after the answer of an earlier call.
#pragma once

#include "tests/sim/users/object_caller.h"

namespace forkmill::sim {

// The key under which counters and cells have their value.
inline constexpr const char* kValueKey = "key";

void use_lock(ObjectCaller& caller, std::size_t shared);
void use_semaphore(ObjectCaller& caller, std::size_t shared);
// Holds the lock or unit that `acquired` got, then releases it.
void release_after_a_while(ObjectCaller& caller, const ObjectCall& acquired);

void use_queue(ObjectCaller& caller, std::size_t shared);
void use_joinable(ObjectCaller& caller, std::size_t shared);
// Goes on after a get: settles borrowed items, reports the items of a joinable queue as done.
void finish_items(ObjectCaller& caller, const ObjectCall& got);

void use_counter(ObjectCaller& caller, std::size_t shared);
void use_cell(ObjectCaller& caller, std::size_t shared);
void use_table(ObjectCaller& caller, std::size_t shared);
void use_list(ObjectCaller& caller, std::size_t shared);

void use_event(ObjectCaller& caller, std::size_t shared);
void use_barrier(ObjectCaller& caller, std::size_t shared);
// Goes on as the last party to arrive: runs the action of the barrier and reports how it ended.
void run_action(ObjectCaller& caller, const ObjectCall& waited);

void use_pipe(ObjectCaller& caller, std::size_t shared);

}  // namespace forkmill::sim
