// The hunt for mutants: each deliberate fault must be caught within a number of seeds, or the simulator lacks a check,
// a kind of work or a fault.
#pragma once

#include <cstddef>
#include <cstdint>

namespace forkmill::sim {

// Runs each mutant on at most `seeds` seeds, from `first` on, and prints a table. Returns whether no mutant survived.
bool hunt_mutants(std::uint64_t first, std::uint64_t seeds, std::size_t jobs);

}  // namespace forkmill::sim
