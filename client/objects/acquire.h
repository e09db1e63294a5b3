// Acquiring and releasing, as locks and semaphores have it in common, and the account that the client keeps of it.
#pragma once

#include <memory>

#include "client/objects/object.h"

namespace forkmill::client {

// Notes that `thread` has acquired the lock or unit that this answer to an acquire brings.
void note_acquired(Object& object, const Object::Answer& answer, std::uint64_t thread);

// Releases units of a semaphore. The broker is told which ones: those that it has given to others meanwhile, as this
// client was out of reach for too long, must not come back once more. Throws the error of the answer.
void release_units(Object& semaphore, std::int64_t units);

}  // namespace forkmill::client
