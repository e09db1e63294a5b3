// The mutants of proto/mutants.h, with their names.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "proto/mutants.h"

namespace forkmill::sim {

struct MutantEntry {
  proto::Mutant mutant;
  std::string_view name;
  std::string_view what;
};

std::span<const MutantEntry> all_mutants();
std::optional<MutantEntry> mutant_named(std::string_view name);
// From now on the rules have this fault. False: this build has none.
bool choose(proto::Mutant mutant);

}  // namespace forkmill::sim
