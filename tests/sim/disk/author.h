// Author: draws what a broker might want to store, so that every kind of change meets every kind of row, from a few
// bytes to many pages.
#pragma once

#include <vector>

#include "tests/sim/disk/model.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

class Author {
 public:
  explicit Author(Random& random);

  // Something to do with a store that holds `state`.
  broker::StoreOp write(const StoreState& state);

  proto::TaskSeq some_task(const StoreState& state);

 private:
  broker::PutTask put(const StoreState& state);
  broker::Finish finish(proto::TaskSeq seq);
  proto::TaskSeq some_record(const StoreState& state);
  proto::TaskSeq fresh(const StoreState& state);
  std::string bytes();

  Random& random_;
  std::vector<broker::SharedSpec> specs_;
  std::uint64_t longest_;        // of values, in bytes
  std::vector<double> weights_;  // of the kinds of changes
  double weight_ = 0;            // of all
};

}  // namespace forkmill::sim
