// OutputWatch: how much this child has written to stdout and stderr, so that the link can tell whose output is whose.
// The child's main thread uses it between tasks; position() may be called by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/ipc/records.h"
#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

class OutputWatch {
 public:
  // handlers: how many there are. `head` must outlive the watch.
  OutputWatch(AreaHead& head, std::size_t handlers) : head_{head}, long_{std::vector<bool>(handlers, true)} {}

  // How many bytes have been written since the child was forked. Unknown if a handler has closed or replaced a stream,
  // or if the supervisor was interrupted in the middle of a read. Some system calls.
  OutputEnds position() const;

  // Whether the position should be told before the handler runs: tasks before it were too short to look, and this one
  // probably takes long.
  bool should_look_before(std::size_t handler) const { return !known_ && long_[handler]; }
  // Call with what was told, before a handler or after start-up.
  void told(const OutputEnds& position);
  // Call when the handler has returned. Returns the position if it is worth the system calls: the task has taken a
  // while, or tasks of this child have printed something lately. brief: it has taken no time.
  OutputEnds look_after(std::size_t handler, bool brief);

 private:
  static constexpr int kLooks = 64;  // tasks in a row that must print nothing until brief ones are trusted

  std::uint64_t read_so_far() const;

  AreaHead& head_;
  std::vector<bool> long_;  // by handler: its last task was not brief
  OutputEnds last_{0, 0};
  bool known_ = true;       // nothing was written since last_ was looked up, but by the task that runs
  std::uint64_t read_ = 0;  // bytes of both streams that the supervisor had read then
  int looks_ = kLooks;
};

// Writes out what the handler has left in the buffers of stdout. everything: those of std::cout as well, if it has its
// own.
void flush_output(bool everything);

}  // namespace forkmill::worker
