// OutputLog: takes the output of a command into the log of the attempt that runs it. The context of an attempt in a
// child is one; that of a test need not be.
#pragma once

#include <cstdint>
#include <string_view>

#include "proto/wire/worker_messages.h"

namespace forkmill::worker {

class OutputLog {
 public:
  // source: output or errors. missing: bytes of the output that were dropped before `text`. Waits while the worker's
  // link process has not read what was reported before.
  virtual void printed(proto::LogSource source, std::uint64_t missing, std::string_view text) = 0;

 protected:
  ~OutputLog() = default;
};

}  // namespace forkmill::worker
