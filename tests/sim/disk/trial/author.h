// Author: draws changes that a broker may store, so that every kind of change meets every kind of row, from a few bytes
// to many pages.
#pragma once

#include <vector>

#include "tests/sim/disk/trial/store_model.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

class Author {
 public:
  explicit Author(Random& random);

  // A change for a store that has `state`.
  broker::StoreOp write(const StoreState& state);
  // The number of a task; 1 if there is no task.
  proto::TaskSeq some_task(const StoreState& state);

 private:
  broker::PutTask put(const StoreState& state);
  broker::Finish finish(proto::TaskSeq seq);
  proto::TaskSeq some_record(const StoreState& state);
  proto::TaskSeq fresh(const StoreState& state);
  std::string bytes();

  Random& random_;
  std::vector<broker::SharedSpec> specs_;
  std::uint64_t longest_;        // the longest value, in bytes
  std::vector<double> weights_;  // by kind of change
  double weight_ = 0;            // their sum
};

}  // namespace forkmill::sim
