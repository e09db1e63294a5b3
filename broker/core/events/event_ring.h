// EventRing: the latest events of all tasks, bounded in number and bytes; older ones make room. Events have positions,
// which count all that have happened since the start of the broker. While the ring is off, because no client watches,
// an event costs a count and a branch. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "broker/core/events/task_event.h"

namespace forkmill::broker {

struct EventLimits {
  std::size_t most = 100'000;
  std::size_t bytes = std::size_t{32} * 1024 * 1024;
};

class EventRing {
 public:
  explicit EventRing(EventLimits limits) : limits_{limits} {}

  bool is_on() const { return is_on_; }
  // Keeps events from the present position on.
  void turn_on();
  // Forgets all events. They are counted nevertheless.
  void turn_off();

  // Counts an event. `make()` returns it, and is called only while the ring is on.
  template <class Make>
  void note(const Make& make) {
    ++end_;
    if (is_on_) [[unlikely]]
      keep(make());
  }

  // The position of the oldest event that is kept; end() if there is none.
  std::uint64_t begin() const { return end_ - events_.size(); }
  // The position of the next event: the number of all events so far.
  std::uint64_t end() const { return end_; }
  // The event at a position from begin() to below end().
  const TaskEvent& at(std::uint64_t position) const { return events_[position - begin()].event; }
  std::size_t size() const { return events_.size(); }
  // About the bytes that the events take.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    TaskEvent event;
    std::size_t bytes;
  };

  void keep(TaskEvent event);
  std::size_t size_of(const TaskEvent& event) const;
  void drop_oldest();

  EventLimits limits_;
  std::deque<Kept> events_{};
  std::size_t bytes_ = 0;
  std::uint64_t end_ = 0;
  bool is_on_ = false;
};

}  // namespace forkmill::broker
