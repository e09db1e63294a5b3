// Records that supervisor and link exchange (control.h), and the key that names a child in all of them.
#pragma once

#include <cstdint>

namespace forkmill::worker {

// A place in the pool. The generation counts the children that have had it: both together name one process forever.
struct ChildKey {
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  friend constexpr bool operator==(const ChildKey&, const ChildKey&) = default;
};

enum class ControlKind : std::uint32_t {
  spawned = 1,   // supervisor → link: child, pid; the shared area's descriptor comes along
  died = 2,      // supervisor → link: child, pid, and everything below `signal`
  drain = 3,     // supervisor → link: let the running attempts finish, then exit
  stop = 4,      // supervisor → link: the children have been killed; report that and exit at once
  kill = 5,      // link → supervisor: send `signal` to the child's process group, if it is still that child
  signal = 6,    // link → supervisor: the same, to the child alone
  fork = 7,      // link → supervisor: a child for one task, in the place child.slot; `pid`: the task's submitter
  gone = 8,      // supervisor → link: pid, a child that died while there was no link
  leave = 9,     // link → supervisor: drain, as on SIGTERM; child.slot 1: and start again
  scale = 10,    // link → supervisor: have child.slot children in the pool
  printed = 11,  // supervisor → link: child, errors, from; the text comes along
};

struct ControlFacts {
  ControlKind kind = ControlKind::drain;
  ChildKey child;
  std::int32_t pid = 0;           // died: 0 if the child could not be forked
  std::int32_t signal = 0;        // to send; or the signal that ended the child, 0: the child exited
  std::int32_t exit_code = -1;    // −1: a signal ended the child
  std::uint8_t killed_by_us = 0;  // the signal was sent by the supervisor
  std::uint8_t at_birth = 0;      // the child died before its start-up was over
  std::uint8_t daemon = 0;        // fork: the child ends with its submitter
  std::uint8_t hosts_pool = 0;    // fork: the child runs forkmill.pool
  std::uint8_t errors = 0;        // printed: on stderr, not on stdout
  std::uint64_t from = 0;         // printed: bytes of that stream before the text
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
  std::uint64_t max_rss_bytes = 0;
};

}  // namespace forkmill::worker
