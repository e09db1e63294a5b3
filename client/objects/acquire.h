// What locks and semaphores have in common: acquiring them, and keeping account of it.
#pragma once

#include <memory>

#include "client/objects/object.h"

namespace forkmill::client {

// Notes what the answer to an acquire has brought to this thread.
void note_acquired(Object& object, const Object::Answer& answer, std::uint64_t thread);

// Releases units of a semaphore. The broker is told which ones: those that it has given to others meanwhile, as this
// client was out of reach for too long, must not come back once more. Throws the error of the answer.
void release_units(Object& semaphore, std::int64_t units);

}  // namespace forkmill::client
