// Reaping and related calls to the kernel: ends of child processes, sessions, descriptors that a fork inherits.
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

// Returns a child of this process that has ended and has not been reaped: its pid still names it and no other process.
// Returns nullopt if there is none. Does not block.
std::optional<pid_t> next_dead();
// Blocks until the child has ended.
Death reap(pid_t pid);

// Descriptors that this process has open now.
std::vector<int> open_descriptors();
// Closes all descriptors but these.
void close_all_but(std::vector<int> kept);
// Opens those of the descriptors 0 to 2 that are closed, so that no other file ever becomes a standard stream.
void fill_standard_descriptors();

// Returns false if at least one of the descriptors 0 to 2 is closed.
bool standard_descriptors_open();

// Direct children of this process, with the orphans that it inherited as a subreaper.
std::vector<pid_t> children_of_self();
// Kills every process of these sessions, also those with another parent. Reads all of /proc.
void kill_sessions(const std::vector<pid_t>& sessions);

// For a fresh fork: it is killed when `parent` dies, and exits if that has happened already.
void die_with(pid_t parent);
// For a fresh fork: every signal has its default action, and none is blocked.
void reset_signals();

}  // namespace forkmill::worker
