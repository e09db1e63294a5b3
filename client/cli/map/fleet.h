// Fleet: where the jobs of a run go. One is made of a forkmill::Client (commands/exec_fleet.h), one in the tests of
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/map/job.h"

namespace forkmill::cli {

class Fleet {
 public:
  Fleet() = default;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  virtual ~Fleet() = default;

  // Starts one try of the job; its outcome comes out of take(), exactly once, also when it could not be started.
  virtual void run(const Job& job) = 0;
  // Asks for everything under way to be taken back; those that it still could come out of take() as cancelled.
  virtual void cancel_all() = 0;
  // What has ended since the last call: seq and outcome. Does not wait.
  virtual std::vector<std::pair<std::uint64_t, Outcome>> take() = 0;
  // Readable when take() may have something.
  virtual int fd() const = 0;
  // Why nothing seems to happen, in words for people, once there is something to say; asked now and then.
  virtual std::optional<std::string> complaint() = 0;
};

}  // namespace forkmill::cli
