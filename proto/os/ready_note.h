// The note that a program is ready, for the process that has started it. The protocol is that of sd_notify(3): a
// datagram with the line READY=1 to the socket that the variable NOTIFY_SOCKET names.
#pragma once

#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::proto {

inline constexpr const char* kNotifyVariable = "NOTIFY_SOCKET";

// Sends the note. Does nothing if NOTIFY_SOCKET is not set or nothing reads there. Never blocks.
void send_ready_note();

// ReadyNotes: the socket for the notes of programs that this process starts.
class ReadyNotes {
 public:
  // Throws std::system_error.
  ReadyNotes();

  // Value of NOTIFY_SOCKET for these programs.
  const std::string& address() const { return address_; }
  // Readable once a note has come.
  int fd() const { return socket_.get(); }

 private:
  Descriptor socket_;
  std::string address_;
};

}  // namespace forkmill::proto
