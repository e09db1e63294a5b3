// Cookie: the number by which the owner of a session knows the waiter of a task, a query or an operation. The rules
// hand it back with the answer and never look into it.
#pragma once

#include <cstdint>

namespace forkmill::client {

using Cookie = std::uint64_t;

}  // namespace forkmill::client
