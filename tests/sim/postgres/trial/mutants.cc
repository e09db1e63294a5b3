#include "tests/sim/postgres/trial/mutants.h"

namespace forkmill::sim {

using broker::PostgresMutant;

namespace {

constexpr ServerMutant kMutants[] = {
    {"fence-off", "transactions do not check the epoch", PostgresMutant::none, {.fence_off = true}},
    {"lease-trusted",
     "transactions do not check the epoch while there is a lease",
     PostgresMutant::none,
     {.lease_trusted = true}},
    {"epoch-kept", "a takeover does not raise the epoch", PostgresMutant::none, {.epoch_kept = true}},
    {"numbers-kept", "a takeover leaves out no numbers", PostgresMutant::none, {.numbers_kept = true}},
    {"late-accepted",
     "transactions do not check which commit was the last one",
     PostgresMutant::none,
     {.late_accepted = true}},
    {"barrier-skipped", "a commit that is looked up counts although no standby may have it",
     PostgresMutant::barrier_skipped},
    {"takeover-barrier-skipped", "a takeover that is looked up counts although no standby may have it",
     PostgresMutant::takeover_barrier_skipped},
    {"warning-for-success", "a commit that stopped waiting for its standby is acknowledged",
     PostgresMutant::warning_taken_for_success},
    {"unknown-for-success", "a commit whose answer is lost is acknowledged", PostgresMutant::unknown_taken_for_success},
    {"unknown-for-failure", "a commit whose answer is lost is made again without a look",
     PostgresMutant::unknown_taken_for_failure},
    {"lost-commits-accepted", "an owner goes on when the server lacks what it has acknowledged",
     PostgresMutant::lost_commits_accepted},
    {"part-not-sent-again", "what was sent before an interruption is not sent again",
     PostgresMutant::part_not_sent_again},
    {"standby-read", "an owner that returns reads the last commit, and does so from a standby as well",
     PostgresMutant::standby_read},
    {"standbys-not-asked", "commits are acknowledged when the server waits for no standby any longer",
     PostgresMutant::standbys_not_asked},
};

}  // namespace

std::span<const ServerMutant> server_mutants() { return kMutants; }

}  // namespace forkmill::sim
