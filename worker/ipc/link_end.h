// LinkEnd: the link's end of the shared area of one child. Hands tasks over, revokes them while the child has not
// started them, condemns or softly stops exactly the attempt that is meant, and reads and checks what the child says.
// Used by the link's only thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/payload.h"
#include "worker/ipc/child_messages.h"
#include "worker/ipc/records.h"
#include "worker/ipc/ring.h"
#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

class LinkEnd {
 public:
  explicit LinkEnd(SharedArea shared_area);

  // Hands a task over. Serials must rise. A task that does not fit into the ring waits on this side, and follows when
  // there is room. `headers`: as header_lines() makes them.
  void send(const TaskHead& head, std::string_view queue, const proto::Payload& arguments,
            std::string_view headers = {});

  // Returns true if the child has not started the task; then it never will.
  bool revoke(std::uint64_t serial);
  // Returns true if the child runs that attempt now. It will start no other task, so a signal sent from now on meets
  // this attempt or nothing.
  bool condemn(std::uint64_t serial);
  // Sets the stop token of that attempt, and of no other.
  void request_stop(std::uint64_t serial);

  // Returns the next message of the child; empty if there is none now, and when the shared memory is damaged.
  std::optional<ChildMessage> receive();
  // Whether the child has corrupted the shared memory; the caller must kill it.
  bool damaged() const { return damaged_; }

  // Call after a batch of send() and receive(): writes what waited for room, and wakes the child if it sleeps.
  void flush();

  // Call before the link sleeps. Returns true if it may, because the child will ring the bell; false if there is input.
  bool doze();
  // Call when the link is awake again.
  void wake() { shared_area_.head().link_sleeps.store(0, std::memory_order_relaxed); }

  // Serials of the tasks that the child has started and has not given the result of.
  std::vector<std::uint64_t> started() const;

 private:
  // A task without a result.
  struct Sent {
    std::uint64_t serial = 0;
    std::size_t written = 0;     // bytes of the message in the ring so far
    std::size_t size = 0;        // bytes of the message
    std::uint64_t position = 0;  // position of the first record, once something is written

    bool is_started(const RingWriter& tasks) const;
  };
  // The message of a task that is not wholly in the ring.
  struct Unwritten {
    TaskHead head{};
    std::string queue;
    std::string headers;
    proto::Payload arguments;
  };

  std::optional<ChildMessage> parse(std::uint8_t kind, std::string_view message);
  std::optional<ChildMessage> parse_result(std::string_view message);
  // Writes as much of the message as there is room for. Returns whether that is all of it.
  bool write(Sent& sent, Pieces message);
  void write_unwritten();

  SharedArea shared_area_;
  RingWriter tasks_;
  RingReader results_;
  Assembler assembler_;
  std::deque<Sent> sent_;            // in order
  std::deque<Unwritten> unwritten_;  // messages of the last tasks in sent_, in order
  bool pushed_ = false;              // since the last flush()
  bool consumed_ = false;
  bool unconsumed_ = false;  // the record that receive() looked at last still lies in the ring
  bool damaged_ = false;
};

}  // namespace forkmill::worker
