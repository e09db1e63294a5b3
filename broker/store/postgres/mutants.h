// PostgresMutant: deliberate faults of the store in PostgreSQL. The simulator of its server switches them on, one at a
// time, to see whether its checks find them. Each stands where the rule that it breaks is implemented. A build without
// tests, and every Release build, has none of them.
#pragma once

#include <cstdint>

namespace forkmill::broker {

enum class PostgresMutant : std::uint8_t {
  none,
  barrier_skipped,
  takeover_barrier_skipped,
  warning_taken_for_success,
  unknown_taken_for_success,
  unknown_taken_for_failure,
  lost_commits_accepted,
  part_not_sent_again,
  standby_read,
  standbys_not_asked,
};

#ifdef FORKMILL_MUTANTS
inline constexpr bool kHasPostgresMutants = true;
inline constinit PostgresMutant chosen_postgres_mutant = PostgresMutant::none;
inline bool mutant(PostgresMutant one) { return chosen_postgres_mutant == one; }
#else
inline constexpr bool kHasPostgresMutants = false;
constexpr bool mutant(PostgresMutant) { return false; }
#endif

}  // namespace forkmill::broker
