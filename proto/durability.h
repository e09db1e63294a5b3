// Durability: memory: a task or named object ends with the broker; durable: it outlives the broker; of_queue: as the
// queue says.
#pragma once

#include <cstdint>

namespace forkmill::proto {

enum class Durability : std::uint8_t { of_queue = 0, memory = 1, durable = 2 };
constexpr Durability last_of(Durability) { return Durability::durable; }

}  // namespace forkmill::proto
