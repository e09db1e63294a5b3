// What a task or a named object outlives.
#pragma once

#include <cstdint>

namespace forkmill::proto {

enum class Durability : std::uint8_t { of_queue = 0, memory = 1, durable = 2 };
constexpr Durability last_of(Durability) { return Durability::durable; }

}  // namespace forkmill::proto
