// Cookie: the number under which a history keeps a call of a client until its answer comes.
#pragma once

#include <cstdint>

namespace forkmill::sim {

using Cookie = std::uint64_t;

}  // namespace forkmill::sim
