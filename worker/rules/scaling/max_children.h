// The most children that a pool may have.
#pragma once

#include <cstddef>

namespace forkmill::worker {

inline constexpr std::size_t kMaxChildren = 4096;

}  // namespace forkmill::worker
