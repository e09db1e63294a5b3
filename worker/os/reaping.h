// Processes: what the supervisor asks of the kernel about the ones it forked.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace forkmill::worker {

// How a process ended.
struct Death {
  pid_t pid = 0;
  int exit_code = -1;  // −1: a signal ended it
  int signal = 0;
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
  std::uint64_t max_rss_bytes = 0;
};

// A child of this process that has ended and was not reaped yet: its pid still names it, and nobody else.
std::optional<pid_t> next_dead();
Death reap(pid_t pid);

// What this process has open now.
std::vector<int> open_descriptors();
// Closes everything else.
void close_all_but(std::vector<int> kept);
// Descriptors 0 to 2 exist from here on, so that nothing of ours ever lands there.
void fill_standard_descriptors();

// The direct children of this process, orphans that it inherited as a subreaper included.
std::vector<pid_t> children_of_self();
// Kills every process of these sessions, whoever its parent is. Looks through all of /proc.
void kill_sessions(const std::vector<pid_t>& sessions);

// For a fresh fork: dies with its parent; exits when the parent is gone already.
void die_with(pid_t parent);
// For a fresh fork: every signal does what it does by default, and none is blocked.
void reset_signals();

}  // namespace forkmill::worker
