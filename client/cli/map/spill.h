// OutputSpill: the output of jobs that wait for their turn to be printed (--keep-order). What exceeds a budget of
// memory is kept in a temporary file without a name.
#pragma once

#include <cstdint>

#include "client/cli/map/jobs/job.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

class OutputSpill {
 public:
  static constexpr std::uint64_t kMemory = 32UL * 1024 * 1024;

  explicit OutputSpill(std::uint64_t memory = kMemory) : memory_{memory} {}

  // Takes the output out of `outcome`, unless there is room in memory. Throws CommandError if it cannot be written.
  void store(Outcome& outcome);
  // Gives the output back to an outcome that was passed to store(). Throws CommandError if it cannot be read.
  void restore(Outcome& outcome);

  // The outcomes whose output is in the file.
  std::uint64_t stored() const { return stored_; }

 private:
  void open();

  std::uint64_t memory_;
  std::uint64_t in_memory_ = 0;
  std::uint64_t stored_ = 0;
  std::uint64_t end_ = 0;  // size of the file
  proto::Descriptor file_;
};

}  // namespace forkmill::cli
