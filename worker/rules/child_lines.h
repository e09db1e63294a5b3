// ChildLines: which child of the pool gets which attempt. Each child has a line: the attempt that it runs (the front),
// and behind it those that lie in its ring already. Short tasks are lined up ahead, so that a child goes from one to
// the next without a wake-up. A task of unknown or long duration goes to an idle child only. When a front takes longer
// than expected, the attempts behind it are called back: a long task has no others behind it while a sibling is free.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "proto/clock.h"
#include "worker/ipc/control_records.h"

namespace forkmill::worker {

// ChildLine: one child, and the attempts that are assigned to it, in order.
struct ChildLine {
  struct Entry {
    std::uint64_t serial = 0;
    double run_us = 0;
  };
  ChildKey key;
  bool present = false;
  bool open = false;  // may be given attempts
  bool dismissed = false;
  std::deque<Entry> line;
  double line_us = 0;             // sum over the line
  proto::Instant front_since{0};  // when the front became the front; meaningless without one
  std::uint64_t assigned = 0;     // attempts that the child has had, without the revoked ones

  // Time from which the estimate of the front is no longer used.
  proto::Instant late_at() const;
  proto::Instant overdue_at() const { return line.size() < 2 ? proto::kNever : late_at(); }
};

class ChildLines {
 public:
  // max_tasks: how many attempts a child starts before it is replaced; 0: any number.
  ChildLines(std::size_t slots, std::uint64_t max_tasks) : max_tasks_{max_tasks}, limit_{slots}, children_(slots) {}

  // ---- Children
  // A child has this place now, and nothing is assigned to it yet.
  void add_child(ChildKey key);
  // Call when the child may be given attempts from now on: its start-up is over.
  void open(ChildKey key);
  // Assigns nothing more to the child: it is ending, or has been condemned. Its line stays.
  void close(std::uint32_t slot) { children_.at(slot).open = false; }
  // Only children in the first `limit` places are given attempts from now on. There are as many places, or more.
  void set_limit(std::size_t limit);
  // Returns the children beyond the limit whose lines are empty; each is given nothing more, and returned once.
  std::vector<ChildKey> dismiss_surplus();
  // The child has died. Returns its line, in order.
  std::vector<std::uint64_t> remove_child(ChildKey key);

  // ---- Attempts
  // Returns the child that should have an attempt of that estimated length now; empty: none.
  std::optional<std::uint32_t> choose(proto::Instant now, std::optional<double> run_us) const;
  void append(proto::Instant now, std::uint32_t slot, std::uint64_t serial, std::optional<double> run_us);
  // Call when the child has finished the attempt.
  void finish(proto::Instant now, std::uint32_t slot, std::uint64_t serial);
  // Call when the attempt was revoked before the child started it. The child may have another one instead.
  void revoke(proto::Instant now, std::uint32_t slot, std::uint64_t serial);

  // Slots of the children whose front takes so long that the rest of the line must be called back.
  std::vector<std::uint32_t> overdue(proto::Instant now) const;
  proto::Instant next_overdue() const;

  // How many attempts the pool may have in hand. Each open child counts for one and `ahead` more. A child whose front
  // takes longer than expected counts for the attempts that it has: the end of the front cannot be foreseen.
  std::size_t capacity(proto::Instant now, std::size_t ahead) const;
  // When the capacity falls next because a front takes longer than expected.
  proto::Instant next_late(proto::Instant now) const;

  // ---- Questions
  // Empty: there is no child in that place.
  std::optional<ChildKey> key(std::uint32_t slot) const;
  std::optional<std::uint64_t> front(std::uint32_t slot) const {
    const auto& line = children_.at(slot).line;
    return line.empty() ? std::nullopt : std::optional{line.front().serial};
  }
  // The child in that place and its line. Valid until the number of places or the child in it changes.
  const ChildLine& child(std::uint32_t slot) const { return children_.at(slot); }
  std::vector<std::uint64_t> behind_front(std::uint32_t slot) const;
  std::size_t slots() const { return children_.size(); }
  // How many children have something in their line.
  std::size_t running() const;

  // A front is late when it takes longer than twice its estimate and this.
  static constexpr proto::Instant kPatience = std::chrono::milliseconds{2};

 private:
  using Child = ChildLine;

  bool is_present(ChildKey key) const;

  std::uint64_t max_tasks_;
  std::size_t limit_;
  std::vector<Child> children_;
};

}  // namespace forkmill::worker
