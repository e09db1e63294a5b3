// Fleet: an interface that runs jobs. commands/exec_fleet.h implements it with a forkmill::Client, the tests without
// one. For the thread of MapSession.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

class Fleet {
 public:
  Fleet() = default;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  virtual ~Fleet() = default;

  // Starts one try of the job. drain() returns its outcome exactly once, even if the job could not be started.
  virtual void run(const Job& job) = 0;
  // Requests that all jobs are cancelled. drain() returns the cancelled ones as such.
  virtual void cancel_all() = 0;
  // Requests that the jobs that have not started are cancelled. The others go on.
  virtual void cancel_waiting() = 0;
  // Returns the sequence numbers and outcomes of the jobs that have ended since the last call. Does not block.
  virtual std::vector<std::pair<std::uint64_t, Outcome>> drain() = 0;
  // Readable if drain() may return a job.
  virtual int fd() const = 0;
  // Whether the broker answers. Jobs wait for a broker that does not.
  virtual bool reachable() const = 0;
  // Explains to people why no job ends. Does not block: asks the broker first, and returns null until it has answered.
  // Null also if there is no known reason.
  virtual std::optional<std::string> stall_reason() = 0;
  // Asks the broker which jobs run. drain() calls `show` with their sequence numbers, once the broker has answered.
  using Show = std::function<void(const std::vector<std::uint64_t>&)>;
  virtual void list_running(Show show) = 0;
};

}  // namespace forkmill::cli
