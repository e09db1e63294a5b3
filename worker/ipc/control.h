// Control: one end of the SOCK_SEQPACKET pair between supervisor and link. Both are the same program and trust each
// other; neither ever waits for the other.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "proto/os/descriptor.h"
#include "worker/ipc/control_records.h"

namespace forkmill::worker {

struct ControlMessage {
  ControlFacts facts;
  std::string output;             // died: the end of the child's output; fork: the label of the process; printed: text
  proto::Descriptor shared_area;  // spawned
};

class Control {
 public:
  explicit Control(proto::Descriptor socket) : socket_{std::move(socket)} {}
  // Two connected ends. Throws std::system_error.
  static std::pair<Control, Control> make_pair();

  // Sends the message now, or by a later flush() when the other side has no room.
  void send(ControlMessage message);
  void flush();
  bool congested() const { return !waiting_.empty(); }
  static constexpr std::size_t kMaxOutput = 64 * 1024;  // bytes of ControlMessage::output; the rest is cut off

  // Returns the next message; empty if there is none now.
  std::optional<ControlMessage> receive();
  // The other side has closed its end.
  bool closed() const { return closed_; }

  int fd() const { return socket_.get(); }

 private:
  bool send_now(const ControlMessage& message);

  proto::Descriptor socket_;
  std::deque<ControlMessage> waiting_;
  bool closed_ = false;
};

}  // namespace forkmill::worker
