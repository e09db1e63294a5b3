// Bell: wakes the link from its children, which all ring the same one. A pipe, and no eventfd: a pipe has an inode of
// its own, by which a child tells the bell from any other file that has got the bell's number since.
#pragma once

#include <sys/types.h>

#include "worker/os/pipe.h"

namespace forkmill::worker {

class Bell {
 public:
  // Throws std::system_error.
  Bell();

  // Readable when the bell was rung.
  int reader() const { return ends_.reader.get(); }
  // The end that a child rings.
  int writer() const { return ends_.writer.get(); }

  // Forgets that the bell was rung. For the process that waits for `reader`.
  static void clear(int reader);

 private:
  Pipe ends_;
};

// BellRope: how a child rings the bell. Handlers run in the same process and may close any descriptor.
class BellRope {
 public:
  // Remembers which file `writer` is. Does not own it.
  explicit BellRope(int writer);

  // True if the descriptor is still the bell. One system call.
  bool intact() const;
  // Rings the bell. Returns false, having written nothing, if the descriptor is closed or another file now.
  bool ring() const;

 private:
  int writer_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace forkmill::worker
