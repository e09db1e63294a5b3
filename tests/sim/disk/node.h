// DiskNode: a file or directory of a simulated disk, with what was written to it and what of that is safe. A sync makes
// safe what was written; a power cut leaves of the rest some, whole, torn at sectors or pages, or none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/world/random.h"

namespace forkmill::sim {

class DiskNode {
 public:
  explicit DiskNode(bool directory) : directory_{directory} {}

  bool directory() const { return directory_; }
  // The bytes as a process reads them.
  const std::string& bytes() const { return now_; }
  std::uint64_t syncs() const { return syncs_; }
  // The number of changes that are not safe.
  std::size_t unsafe() const { return unsafe_.size(); }

  void write(std::uint64_t at, std::string_view bytes);
  void truncate(std::uint64_t size);
  // A sync succeeds. `effective`: it makes safe what was written.
  void sync(bool effective);
  // A sync fails: some of the changes become safe. Later syncs leave the others out, as kernels do. `forgets`: from now
  // on processes read what is safe; otherwise they read what was written.
  void fail_sync(Random& random, bool forgets);
  // The machine loses power: each unsafe change stays with chance `keep`, a write by pieces of `unit` bytes.
  void lose_power(Random& random, double keep, std::uint64_t unit);

  // Damage at rest: changes what is safe as well.
  void flip(std::uint64_t bit);
  void cut_short(std::uint64_t size);
  void overwrite(std::uint64_t at, std::string_view bytes);

  // The open file that has locked this one; null: none.
  const void* locked_by = nullptr;

 private:
  struct Change {
    std::uint64_t at = 0;
    std::string bytes;
    bool truncation = false;  // to the size `at`
  };
  void make_safe(const Change& change);
  void tear(Random& random, const Change& write, double keep, std::uint64_t unit);

  bool directory_;
  std::string now_;
  std::string safe_;
  std::vector<Change> unsafe_;
  std::uint64_t syncs_ = 0;
};

}  // namespace forkmill::sim
