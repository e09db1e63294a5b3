// ChildLines: which child gets which attempt. A child has a line: the attempt it runs and those that lie in its ring
// behind it. Short tasks are put in line ahead, so that a child goes from one to the next without waking anybody; a
// task of unknown or long duration goes to an idle child only. When the one in front takes longer than expected, those
// behind it are called back at once: a long task never has others behind it while a sibling is free. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "proto/clock.h"
#include "worker/ipc/control_records.h"

namespace forkmill::worker {

class ChildLines {
 public:
  // max_tasks: what a child takes before it leaves; 0: any number.
  ChildLines(std::size_t slots, std::uint64_t max_tasks) : max_tasks_{max_tasks}, children_(slots) {}

  // ---- What happens to children
  void spawned(ChildKey key);
  void born(ChildKey key);
  // Takes no further attempt (it leaves or has been condemned). What waits in its line is still there.
  void close(std::uint32_t slot) { children_.at(slot).open = false; }
  // Returns what was in its line, in order.
  std::vector<std::uint64_t> gone(ChildKey key);

  // ---- Attempts
  // The child that should have an attempt of that estimated length now; empty: none.
  std::optional<std::uint32_t> choose(proto::Instant now, std::optional<double> run_us) const;
  void put(proto::Instant now, std::uint32_t slot, std::uint64_t serial, std::optional<double> run_us);
  // It ended.
  void remove(proto::Instant now, std::uint32_t slot, std::uint64_t serial);
  // It was taken back before the child took it up: that child may have another one for it.
  void take_back(proto::Instant now, std::uint32_t slot, std::uint64_t serial);

  // Slots whose front takes so long that what is behind it must be called back.
  std::vector<std::uint32_t> overdue(proto::Instant now) const;
  proto::Instant next_overdue() const;

  // How many attempts the pool may have in hand: for each child that lives and may be given some, one and `ahead` more,
  // but none beyond what it has when the one in front takes longer than expected: nobody knows how much longer.
  std::size_t capacity(proto::Instant now, std::size_t ahead) const;
  // When that falls next because one in front takes longer than expected.
  proto::Instant next_late(proto::Instant now) const;

  // ---- Questions
  std::optional<ChildKey> key(std::uint32_t slot) const;
  std::vector<std::uint64_t> behind_front(std::uint32_t slot) const;
  std::optional<std::uint64_t> front(std::uint32_t slot) const;
  proto::Instant front_since(std::uint32_t slot) const { return children_.at(slot).front_since; }
  std::size_t slots() const { return children_.size(); }
  std::size_t running() const;

  static constexpr double kMaxAheadUs = 5000;  // of work in a line
  static constexpr std::size_t kLongestLine = 1024;
  static constexpr double kWakeUs = 25;                                      // what waking an idle child costs
  static constexpr proto::Instant kPatience = std::chrono::milliseconds{2};  // beyond twice the estimate

 private:
  struct Entry {
    std::uint64_t serial = 0;
    double run_us = 0;
  };
  struct Child {
    ChildKey key;
    bool present = false;
    bool open = false;  // born, and may be given attempts
    std::deque<Entry> line;
    double line_us = 0;             // sum over the line
    proto::Instant front_since{0};  // when the one in front got there
    std::uint64_t taken = 0;
  };
  static proto::Instant late_at(const Child& child);
  static proto::Instant overdue_at(const Child& child);
  bool is(ChildKey key) const;

  std::uint64_t max_tasks_;
  std::vector<Child> children_;
};

}  // namespace forkmill::worker
