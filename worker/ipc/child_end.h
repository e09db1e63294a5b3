// ChildEnd: the child's end of its shared area. next() and leave-taking belong to the child's main thread; say() may be
// called by any thread of a handler.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "worker/ipc/records.h"
#include "worker/ipc/ring.h"
#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

// A task that this child has taken up. The views are valid until the next call of next().
struct TakenTask {
  TaskHead head{};
  std::string_view queue;
  std::string_view arguments;
};

class ChildEnd {
 public:
  // link_bell: an eventfd; written when the link sleeps and there is something for it.
  ChildEnd(SharedArea shared_area, int link_bell);

  // Start-up is over.
  void born();

  // Waits for the next task that has not been taken back, takes it up and marks it as running.
  TakenTask next();

  // The handler has returned and its result is said. False when the attempt was condemned meanwhile: a signal is on its
  // way, so this child must not take another task.
  bool finished(std::uint64_t serial);

  // Sends a record; waits while the ring is full. Thread-safe.
  void say(std::uint8_t kind, Pieces pieces);

  AreaHead& head() { return shared_area_.head(); }

 private:
  void wait_for_tasks();
  void wait_for_space();
  void ring_if_asleep();
  bool take_up(const Record& record);
  void release();

  SharedArea shared_area_;
  int link_bell_;
  RingReader tasks_;
  Assembler assembler_;
  bool unreleased_ = false;  // the record of the task handed out last still lies in the ring

  std::mutex saying_;
  RingWriter results_;
};

}  // namespace forkmill::worker
