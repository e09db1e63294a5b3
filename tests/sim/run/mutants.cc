#include "tests/sim/run/mutants.h"

#include <algorithm>

namespace forkmill::sim {

using proto::Mutant;

namespace {

constexpr MutantEntry kMutants[] = {
    {Mutant::fencing_off, "fencing-off", "a result counts for any attempt of the task that its worker has"},
    {Mutant::ack_before_commit, "ack-before-commit", "a submission is acknowledged before it is stored"},
    {Mutant::result_before_commit, "result-before-commit", "a result is told before it is stored"},
    {Mutant::result_taken_twice, "result-taken-twice", "a client takes a result that comes again"},
    {Mutant::cancel_without_revoke, "cancel-without-revoke",
     "a task at a worker is reported as cancelled, and left to it"},
    {Mutant::revoked_and_kept, "revoked-and-kept",
     "a worker says that it has not started a task that is revoked, and keeps it"},
    {Mutant::expiry_by_wall_clock, "expiry-by-wall-clock", "silence is measured by the wall clock"},
    {Mutant::silence_forgiven, "silence-forgiven", "a peer that falls silent keeps its session"},
    {Mutant::credit_leak, "credit-leak", "credit that comes with outcomes is ignored"},
    {Mutant::credit_returned_twice, "credit-returned-twice", "a grant that is handed back is also taken off the count"},
    {Mutant::key_forgotten_at_restart, "key-forgotten-at-restart",
     "a task that ended under a key is not known after a restart"},
    {Mutant::attempt_too_many, "attempt-too-many", "a task has one attempt more than allowed"},
    {Mutant::loss_not_counted, "loss-not-counted", "an attempt whose worker was lost does not count"},
    {Mutant::reattach_lost, "reattach-lost",
     "a client does not ask again for tasks that an earlier broker had acknowledged"},
    {Mutant::delay_forgotten_at_restart, "delay-forgotten-at-restart", "after a restart every task is due"},
    {Mutant::page_in_skips_row, "page-in-skips-row", "the second task of a page is passed over"},
    {Mutant::dispatch_before_commit, "dispatch-before-commit",
     "a task that must not run twice is sent before that is stored"},
    {Mutant::deadline_ignored, "deadline-ignored", "a task that is late is started nevertheless"},
    {Mutant::priority_reversed, "priority-reversed", "the lowest priority comes first"},
    {Mutant::returned_to_the_end, "returned-to-the-end", "a task that is handed back goes to the end of its line"},
    {Mutant::outcome_not_kept, "outcome-not-kept", "a worker forgets an outcome when it is sent"},
    {Mutant::deliveries_forgotten, "deliveries-forgotten",
     "results under way count as delivered when a client comes back"},
    {Mutant::room_ignored, "room-ignored", "a full queue takes more"},
    {Mutant::watchers_left_behind, "watchers-left-behind",
     "a client that waits for a task that goes to disk is forgotten"},
    {Mutant::numbers_used_again, "numbers-used-again",
     "a broker gives out numbers that the one before may have given out"},
    {Mutant::token_not_raised, "token-not-raised", "every holder of a lock has the same token"},
    {Mutant::lock_kept_by_the_gone, "lock-kept-by-the-gone", "a lock stays with a client that is gone"},
    {Mutant::lost_unit_taken, "lost-unit-taken",
     "a unit that came back when its client was gone comes back again when that client releases it"},
    {Mutant::units_kept_by_the_gone, "units-kept-by-the-gone", "units of a semaphore go with their client"},
    {Mutant::item_lent_twice, "item-lent-twice", "an item that is lent stays in its queue"},
    {Mutant::ledger_lost_at_restart, "ledger-lost-at-restart",
     "the answers given about durable objects are not known after a restart"},
    {Mutant::kept_said_wrongly, "kept-said-wrongly", "a client whose holdings are lost is told that all is kept"},
    {Mutant::answer_before_commit, "answer-before-commit",
     "a change of a durable object is answered before it is stored"},
    {Mutant::client_turns_ignored, "client-turns-ignored", "a client whose turn it was stays at the head of its queue"},
    {Mutant::queue_turns_ignored, "queue-turns-ignored",
     "a worker is given tasks of its first queue while there are any"},
    {Mutant::retry_due_at_restart, "retry-due-at-restart", "after a restart every retry is due"},
    {Mutant::results_forgotten_early, "results-forgotten-early", "half as many results are kept as allowed"},
    {Mutant::results_pile_up, "results-pile-up", "results are kept, however many there are"},
    {Mutant::unfetched_failure_forgotten, "unfetched-failure-forgotten",
     "a failure whose time is over is no dead letter"},
    {Mutant::cancel_told_to_one, "cancel-told-to-one",
     "of the clients that want a task cancelled only the first is answered"},
    {Mutant::watchers_in_line, "watchers-in-line", "a watcher waits although the version that it knows has passed"},
    {Mutant::barrier_action_skipped, "barrier-action-skipped",
     "the action of a barrier is not run when the last party to arrive does not have it"},
    {Mutant::waits_in_vain, "waits-in-vain", "a task that is larger than its queue waits until there is room"},
    {Mutant::names_pile_up, "names-pile-up", "a queue without tasks and workers is never forgotten"},
    {Mutant::pause_ignored, "pause-ignored", "a worker that is short of processes is granted tasks nevertheless"},
    {Mutant::clock_step_ignored, "clock-step-ignored",
     "a task that waits for a time of the wall clock does not notice that the clock is set"},
    {Mutant::one_line_of_senders, "one-line-of-senders", "the senders of both ends of a pipe stand in one line"},
    {Mutant::loans_kept_by_the_gone, "loans-kept-by-the-gone",
     "an end of a pipe that its lender has sent nowhere stays open when the lender is gone"},
    {Mutant::loan_outlives_its_task, "loan-outlives-its-task",
     "an end of a pipe that a task carries stays open when the task has ended"},
    {Mutant::tried_without_its_end, "tried-without-its-end",
     "a task that has claimed an end of a pipe and crashed is tried again"},
    {Mutant::holding_by_handle, "holding-by-handle", "each handle of a lock has an account of its own"},
    {Mutant::lock_outlives_its_object, "lock-outlives-its-object",
     "a lock stays when the object that it goes with is removed"},
    {Mutant::children_left_behind, "children-left-behind", "a worker that leaves does not say that its children end"},
    {Mutant::gentle_cancel_in_memory, "gentle-cancel-in-memory",
     "a task on disk is unknown to a client that cancels it only if it has not started"},
    {Mutant::principal_ignored, "principal-ignored",
     "a peer takes over the session of a peer of another principal, whose number it names"},
    {Mutant::queue_pause_ignored, "queue-pause-ignored", "tasks of a paused queue are granted"},
    {Mutant::running_limit_ignored, "running-limit-ignored",
     "workers are granted more tasks of a queue than its limit of running tasks"},
    {Mutant::steering_lost_at_restart, "steering-lost-at-restart",
     "after a restart nothing is paused or limited by operators"},
    {Mutant::log_of_other_attempt, "log-of-other-attempt",
     "what a later attempt has printed is shown as that of the first"},
    {Mutant::orders_not_repeated, "orders-not-repeated",
     "an order to a worker that is lost with its connection is not sent again"},
    {Mutant::others_tasks_seen, "others-tasks-seen", "a client sees the tasks of other principals"},
    {Mutant::overrun_ignored, "overrun-ignored", "the broker leaves an attempt that its worker does not end to it"},
    {Mutant::object_bytes_leak, "object-bytes-leak",
     "the values of an object that was removed count in the quota of its maker forever"},
    {Mutant::memory_limit_ignored, "memory-limit-ignored", "a broker without memory takes tasks in"},
    {Mutant::principal_turns_ignored, "principal-turns-ignored",
     "a principal whose turn it was stays at the head of its queue"},
    {Mutant::quota_leak, "quota-leak", "a task that was cancelled counts in the quota of its owner forever"},
    {Mutant::move_not_stored, "move-not-stored", "a task that was moved is in its old queue again after a restart"},
    {Mutant::purge_misses_slice, "purge-misses-slice", "some pieces of a cancel over a filter are left out"},
    {Mutant::change_repeated, "change-repeated",
     "a change of tasks that is repeated after a restart of the broker is done a second time"},
    {Mutant::moved_into_old_lane, "moved-into-old-lane",
     "a moved task that comes from the disk joins the lane that it has left"},
    {Mutant::drop_not_stored, "drop-not-stored",
     "a dead letter that is dropped while its failure is on the way to a client stays in the store"},
    {Mutant::event_lost, "event-lost", "some grants are no events, and no client is told that they are missing"},
    {Mutant::cursor_reused, "cursor-reused",
     "a cursor of events that an earlier broker gave counts as one of this broker"},
    {Mutant::history_of_started_only, "history-of-started-only",
     "the history gets no tasks that ended before they started"},
    {Mutant::client_ignores_moved, "client-ignores-moved", "a client stays where it was told that the shard has moved",
     true},
    {Mutant::worker_ignores_moved, "worker-ignores-moved", "a worker stays where it was told that the shard has moved",
     true},
    {Mutant::old_map_kept, "old-map-kept", "a broker sends peers to where the shards were at first", true},
    {Mutant::requests_not_placed_again, "requests-not-placed-again",
     "what a client asked before it knew of several shards is forgotten", true},
    {Mutant::queue_on_any_shard, "queue-on-any-shard", "tasks of any queue go to all shards in turns", true},
    {Mutant::spread_to_one_shard, "spread-to-one-shard", "tasks of a queue on all shards go to one of them", true},
    {Mutant::other_shard_admitted, "other-shard-admitted", "a broker begins sessions for shards that it does not have",
     true},
    {Mutant::holding_told_to_all_shards, "holding-told-to-all-shards",
     "a worker tells each shard also what it holds of others", true},
    {Mutant::outcomes_to_first_shard, "outcomes-to-first-shard", "a worker tells shard 1 the outcomes of all shards",
     true},
    {Mutant::handed_over_while_vacant, "handed-over-while-vacant",
     "a broker hands a shard over while another one has no owner", true},
};

}  // namespace

std::span<const MutantEntry> all_mutants() { return kMutants; }

std::optional<MutantEntry> mutant_named(std::string_view name) {
  const auto found = std::ranges::find(kMutants, name, &MutantEntry::name);
  return found == std::end(kMutants) ? std::nullopt : std::optional{*found};
}

bool choose([[maybe_unused]] Mutant mutant) {
#ifdef FORKMILL_MUTANTS
  proto::chosen_mutant = mutant;
#endif
  return proto::kHasMutants;
}

}  // namespace forkmill::sim
