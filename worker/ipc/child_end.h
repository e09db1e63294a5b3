// ChildEnd: the child's end of its shared area. Used by the child's main thread; say() may be called by any thread of a
// handler. Forks of the child do not have the shared area: in them, say() does nothing, and nothing else may be called.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "worker/ipc/bell.h"
#include "worker/ipc/records.h"
#include "worker/ipc/ring.h"
#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

// A task that this child has started. The views are valid until the next call of next().
struct StartedTask {
  TaskHead head{};
  std::string_view queue;
  std::string_view headers;  // as header_lines() makes them
  std::string_view arguments;
  bool at_once = false;  // the child has waited for nothing since it was given the task before
};

class ChildEnd {
 public:
  // link_bell: the writer of the link's Bell, rung when the link sleeps and there is something for it. Throws
  // std::system_error.
  ChildEnd(SharedArea shared_area, int link_bell);

  // Says that start-up is over. printed: what the child has written until then.
  void born(const OutputEnds& printed = {});

  // Blocks until there is a task that has not been revoked, starts it and marks it as running.
  StartedTask next();

  // Call when the handler has returned and its result has been sent. Returns false if the attempt has been condemned
  // meanwhile: a signal is on its way, so this child must not start another task.
  bool finish(std::uint64_t serial);

  // Sends a record. Blocks while the ring is full. Thread-safe.
  void say(std::uint8_t kind, Pieces pieces);

  // Returns false if a handler has closed the bell, or put another file in its place. One system call.
  bool has_bell() const { return bell_.intact(); }
  // Whether a ring of the bell failed because a handler has closed it; the link may not know of the last records.
  bool missed_bell() const { return missed_bell_; }
  bool link_sleeps() const { return shared_area_.head().link_sleeps.load(std::memory_order_relaxed) != 0; }

  AreaHead& head() { return shared_area_.head(); }

 private:
  void wait_for_tasks();
  void wait_for_space();
  void ring_if_asleep();
  void ring();
  bool claim(const Record& record);
  void release();
  void offer_space();

  SharedArea shared_area_;
  BellRope bell_;
  std::atomic<bool> missed_bell_{false};
  std::atomic<bool> waited_{true};  // since the last next()
  RingReader tasks_;
  Assembler assembler_;
  bool unreleased_ = false;  // the record of the last task still lies in the ring

  std::mutex saying_;
  RingWriter results_;
};

}  // namespace forkmill::worker
