// Copies of a child that a handler makes with fork(): they have the memory and the descriptors of the child, and none
// of its rights. A copy that comes back from the handler must end, or it would run and answer the child's tasks as
// well.
#pragma once

#include <string>

namespace forkmill::worker {

// This process is the original from now on, and every fork of it a copy. Throws std::system_error.
void mark_original();
// True in a fork of the process that called mark_original() last. Costs no system call.
bool is_forked_copy();
// Ends this copy at once, without exit handlers, and writes the reason to stderr. `error` is how the handler ended in
// the copy; empty: it returned. Exit code 0 if it returned, else 1.
[[noreturn]] void end_forked_copy(const std::string& error);

}  // namespace forkmill::worker
