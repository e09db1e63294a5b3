// Control: what supervisor and link say to each other over a SOCK_SEQPACKET pair. Both are the same program and trust
// each other; neither ever waits for the other.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "proto/transport/descriptor.h"

namespace forkmill::worker {

// A place in the pool. The generation counts the children that have had it: both together name one process for ever.
struct ChildKey {
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  friend constexpr bool operator==(const ChildKey&, const ChildKey&) = default;
};

enum class ControlKind : std::uint32_t {
  spawned = 1,  // supervisor → link: child, pid; the shared area's descriptor comes along
  died = 2,     // supervisor → link: child, pid, and everything below `signal`
  drain = 3,    // supervisor → link: finish and leave
  stop = 4,     // supervisor → link: the children have been killed; say so and leave at once
  kill = 5,     // link → supervisor: send `signal` to the child's process group, if it is still that child
  signal = 6,   // link → supervisor: the same, to the child alone
  fork = 7,     // link → supervisor: a child for one task, in the place child.slot; `pid`: who submitted it
  gone = 8,     // supervisor → link: pid, a child that died while there was no link
};

struct ControlFacts {
  ControlKind kind = ControlKind::drain;
  ChildKey child;
  std::int32_t pid = 0;
  std::int32_t signal = 0;        // to send; or what it died of, 0: it exited
  std::int32_t exit_code = -1;    // −1: a signal ended it
  std::uint8_t killed_by_us = 0;  // the signal was sent by the supervisor
  std::uint8_t at_birth = 0;      // it died before its start-up was over
  std::uint8_t daemon = 0;        // fork: it ends with its submitter
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
  std::uint64_t max_rss_bytes = 0;
};

struct ControlMessage {
  ControlFacts facts;
  std::string output;             // died: the last it wrote; fork: what people call the process
  proto::Descriptor shared_area;  // spawned
};

class Control {
 public:
  explicit Control(proto::Descriptor socket) : socket_{std::move(socket)} {}
  // Two connected ends. Throws std::system_error.
  static std::pair<Control, Control> make_pair();

  // Goes at once, or when the other side has room (flush()).
  void send(ControlMessage message);
  void flush();
  bool congested() const { return !waiting_.empty(); }

  // The next message; empty when none is there. closed() when the other side has gone.
  std::optional<ControlMessage> receive();
  bool closed() const { return closed_; }

  int fd() const { return socket_.get(); }

 private:
  bool send_now(const ControlMessage& message);

  proto::Descriptor socket_;
  std::deque<ControlMessage> waiting_;
  bool closed_ = false;
};

}  // namespace forkmill::worker
