// Fleet: an interface that runs jobs. commands/exec_fleet.h implements it with a forkmill::Client, the tests without
// one. For the thread of MapSession.
#pragma once

#include <cstdint>
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
  // Requests that all running jobs are cancelled. drain() returns the cancelled ones as such.
  virtual void cancel_all() = 0;
  // Returns the sequence numbers and outcomes of the jobs that have ended since the last call. Does not block.
  virtual std::vector<std::pair<std::uint64_t, Outcome>> drain() = 0;
  // Readable if drain() may return a job.
  virtual int fd() const = 0;
  // Explains to people why no job ends. Null: there is no known reason. May block for a query to the broker.
  virtual std::optional<std::string> stall_reason() = 0;
};

}  // namespace forkmill::cli
