// DiskOperations: counts the operations on a simulated disk and decides which of them fail: some by chance, all from a
// chosen one on. Folds each into one number, so that two runs can be compared.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/world/random.h"

namespace forkmill::sim {

class DiskOperations {
 public:
  explicit DiskOperations(std::uint64_t seed) : random_{seed} {}

  // The chance behind everything that happens to this disk.
  Random& random() { return random_; }

  // Begins operation `what` on `path`; `number` is its offset or size, for the trace. Returns whether the operation may
  // be carried out; if not, errno is EIO. `chance`: of a failure.
  bool begin(const char* what, const std::string& path, std::uint64_t number, double chance);
  // Notes something that happens to the disk from outside.
  void note(const char* what, const std::string& path, std::uint64_t number) { note(what, path, number, true); }
  // Counts a write that failed since the disk was full.
  void count_full() {
    ++failed_;
    ++full_;
  }

  // Carries out `operations` more and then none until restart(), as when the process is killed there.
  void stop_after(std::uint64_t operations) { fuse_ = operations + 1; }
  // Takes stop_after() back if the operations have not stopped yet.
  void run_on() { fuse_ = 0; }
  // Begins with a new process: operations are carried out again.
  void restart() {
    fuse_ = 0;
    stopped_ = false;
  }
  bool stopped() const { return stopped_; }

  std::uint64_t count() const { return count_; }
  // The operations that failed by chance or because the disk was full.
  std::uint64_t failed() const { return failed_; }
  std::uint64_t full() const { return full_; }  // writes among failed(): the disk was full
  std::uint64_t hash() const { return hash_; }
  // Prints a line for each operation.
  void set_verbose(bool verbose) { verbose_ = verbose; }

 private:
  void note(const char* what, const std::string& path, std::uint64_t number, bool done);

  Random random_;
  std::uint64_t fuse_ = 0;  // 0: none
  bool stopped_ = false;
  std::uint64_t count_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t full_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
  bool verbose_ = false;
};

}  // namespace forkmill::sim
