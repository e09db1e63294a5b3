// JournalMutant: deliberate faults of the journal. The disk simulator switches them on, one at a time, to see whether
// its checks find them. Each stands where the rule that it breaks is implemented. A build without tests, and every
// Release build, has none of them.
#pragma once

#include <cstdint>

namespace forkmill::broker {

enum class JournalMutant : std::uint8_t {
  none,
  acknowledged_unsynced,
  crc_ignored,
  epoch_ignored,
  gap_accepted,
  order_ignored,
  segment_dropped,
  segment_freed_early,
  last_segment_skipped,
  forgotten_without_trace,
  later_outcome_counts,
  end_unchecked,
  left_out_of_backup,
  requeue_left_behind,
  room_unmoved,
  room_unmeasured,
  journal_cut_uncopied,
  unwritten_pages_counted,
};

#ifdef FORKMILL_MUTANTS
inline constexpr bool kHasJournalMutants = true;
inline constinit JournalMutant chosen_journal_mutant = JournalMutant::none;
inline bool mutant(JournalMutant one) { return chosen_journal_mutant == one; }
#else
inline constexpr bool kHasJournalMutants = false;
constexpr bool mutant(JournalMutant) { return false; }
#endif

}  // namespace forkmill::broker
