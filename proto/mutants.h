// Mutants: deliberate faults. A simulation may switch one on to see whether its checks find it (tests/sim/README.md,
// Mutants). Each mutant stands where the rule that it breaks is implemented. The one thread of a simulation sets
// chosen_mutant before anything else. A build without tests, and every Release build, has no mutants.
#pragma once

#include <cstdint>

namespace forkmill::proto {

enum class Mutant : std::uint8_t {
  none,
  fencing_off,
  ack_before_commit,
  result_before_commit,
  result_taken_twice,
  cancel_without_revoke,
  revoked_and_kept,
  expiry_by_wall_clock,
  silence_forgiven,
  credit_leak,
  credit_returned_twice,
  key_forgotten_at_restart,
  attempt_too_many,
  loss_not_counted,
  reattach_lost,
  delay_forgotten_at_restart,
  page_in_skips_row,
  dispatch_before_commit,
  deadline_ignored,
  priority_reversed,
  returned_to_the_end,
  outcome_not_kept,
  deliveries_forgotten,
  room_ignored,
  watchers_left_behind,
  numbers_used_again,
  token_not_raised,
  lock_kept_by_the_gone,
  units_kept_by_the_gone,
  item_lent_twice,
  ledger_lost_at_restart,
  kept_said_wrongly,
  answer_before_commit,
  lost_unit_taken,
  client_turns_ignored,
  queue_turns_ignored,
  retry_due_at_restart,
  results_forgotten_early,
  results_pile_up,
  unfetched_failure_forgotten,
  cancel_told_to_one,
  watchers_in_line,
  barrier_action_skipped,
  names_pile_up,
  waits_in_vain,
  pause_ignored,
  clock_step_ignored,
  one_line_of_senders,
  loans_kept_by_the_gone,
  loan_outlives_its_task,
  tried_without_its_end,
  holding_by_handle,
  lock_outlives_its_object,
  children_left_behind,
  gentle_cancel_in_memory,
  principal_ignored,
  queue_pause_ignored,
  running_limit_ignored,
  steering_lost_at_restart,
  log_of_other_attempt,
  orders_not_repeated,
  others_tasks_seen,
  quota_leak,
  overrun_ignored,
  object_bytes_leak,
  memory_limit_ignored,
  principal_turns_ignored,
  move_not_stored,
  purge_misses_slice,
  change_repeated,
  moved_into_old_lane,
  drop_not_stored,
  event_lost,
  cursor_reused,
  history_of_started_only,
  client_ignores_moved,
  worker_ignores_moved,
  old_map_kept,
  requests_not_placed_again,
  queue_on_any_shard,
  spread_to_one_shard,
  other_shard_admitted,
  holding_told_to_all_shards,
  outcomes_to_first_shard,
  handed_over_while_vacant,
};

#ifdef FORKMILL_MUTANTS
inline constexpr bool kHasMutants = true;
inline constinit Mutant chosen_mutant = Mutant::none;
inline bool mutant(Mutant one) { return chosen_mutant == one; }
#else
inline constexpr bool kHasMutants = false;
constexpr bool mutant(Mutant) { return false; }
#endif

}  // namespace forkmill::proto
