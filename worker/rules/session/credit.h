// Credit: how many grants the worker has allowed the broker in a session, counted from the session's first. Grants of
// attempts with a process of their own need no credit. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace forkmill::worker {

class Credit {
 public:
  // Call when a session begins; granted: how many grants of the worker the broker counts so far.
  void begin_session(std::uint64_t granted) { announced_ = granted_ = granted; }
  void add_grants(std::ptrdiff_t count) { granted_ += static_cast<std::uint64_t>(count); }
  // How many further grants the worker would take now.
  void set_room(std::uint64_t room) { room_ = room; }

  // Returns the total that a message is to carry.
  std::uint64_t announce() { return announced_ = granted_ + room_; }
  // The total is not the one that was announced last.
  bool is_news() const { return granted_ + room_ != announced_; }

 private:
  std::uint64_t granted_ = 0;
  std::uint64_t announced_ = 0;
  std::uint64_t room_ = 0;
};

}  // namespace forkmill::worker
