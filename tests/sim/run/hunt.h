// The hunt for mutants: each deliberate fault must be caught within so many seeds, or the simulator is not worth its
// name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace forkmill::sim {

// From `first` on. Prints a table; true: none survived.
bool hunt_mutants(std::uint64_t first, std::uint64_t seeds, std::size_t jobs);

}  // namespace forkmill::sim
