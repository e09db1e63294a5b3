// Opening: opens the store of a trial and checks what it finds: the same name, a higher epoch, a commit that was made
// and is not older than the acknowledged one, and exactly the tasks and records of that commit.
#pragma once

#include <string>

#include "tests/sim/disk/trial/subject.h"

namespace forkmill::sim {

class Opening {
 public:
  explicit Opening(Subject& subject) : subject_{subject} {}

  // Opens the store. Returns false if the store does not open, and has a reason. Throws Violation.
  bool open();
  // Notes an opening of a damaged directory that did no harm.
  void note_other(proto::Epoch epoch);

  const std::string& id() const { return id_; }
  proto::Epoch epoch() const { return epoch_; }

 private:
  void refused(const proto::Failure& failure);
  void check_identity(const broker::Store::Identity& identity);
  void check_numbers(std::uint64_t highest, std::uint64_t said) const;

  Subject& subject_;
  std::string id_;  // empty: the store has never opened
  proto::Epoch epoch_;
  std::uint64_t unchecked_ = 0;  // openings since the last one that was checked: they may have left out numbers
  bool opened_ = false;          // once at least
};

}  // namespace forkmill::sim
