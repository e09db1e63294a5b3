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
  bool is_of_shards = false;  // shows in clusters with several shards only
};

std::span<const MutantEntry> all_mutants();
std::optional<MutantEntry> mutant_named(std::string_view name);
// Puts this fault into the rules from now on. Returns false if this build has no mutants.
bool choose(proto::Mutant mutant);

}  // namespace forkmill::sim
