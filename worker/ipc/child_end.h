// ChildEnd: the child's end of its shared area. Used by the child's main thread; say() may be called by any thread of a
// handler.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "worker/ipc/records.h"
#include "worker/ipc/ring.h"
#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

// A task that this child has started. The views are valid until the next call of next().
struct StartedTask {
  TaskHead head{};
  std::string_view queue;
  std::string_view arguments;
};

class ChildEnd {
 public:
  // link_bell: a Wakeup of the link, signalled when the link sleeps and there is something for it.
  ChildEnd(SharedArea shared_area, int link_bell);

  // Says that start-up is over.
  void born();

  // Blocks until there is a task that has not been revoked, starts it and marks it as running.
  StartedTask next();

  // The handler has returned and its result has been said. False: the attempt has been condemned meanwhile. A signal is
  // on its way, so this child must not start another task.
  bool finish(std::uint64_t serial);

  // Sends a record. Blocks while the ring is full. Thread-safe.
  void say(std::uint8_t kind, Pieces pieces);

  AreaHead& head() { return shared_area_.head(); }

 private:
  void wait_for_tasks();
  void wait_for_space();
  void ring_if_asleep();
  bool claim(const Record& record);
  void release();

  SharedArea shared_area_;
  int link_bell_;
  RingReader tasks_;
  Assembler assembler_;
  bool unreleased_ = false;  // the record of the last task still lies in the ring

  std::mutex saying_;
  RingWriter results_;
};

}  // namespace forkmill::worker
