// KnownObjects: the shared objects as one client knows them.
#pragma once

#include <vector>

#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

class KnownObjects {
 public:
  struct Known {
    std::uint64_t number = 0;  // 0: not opened
    proto::Payload cell;       // the latest value that the client has seen
    bool broken = false;       // for a barrier
    std::int64_t version = 0;  // for a dict or list
    std::int64_t ends = 0;     // the open ends of a pipe: a bit each
  };

  explicit KnownObjects(const std::vector<Shared>& shared) : shared_{shared} {}

  // Forgets everything: a life of the client begins.
  void clear() { known_.assign(shared_.size(), {}); }
  std::size_t count() const { return known_.size(); }
  const Shared& shared(std::size_t number) const { return shared_[number]; }
  Known& operator[](std::size_t number) { return known_[number]; }

  // Learns from an answer.
  void learn(const ObjectCall& call);

 private:
  void learn_from_error(const ObjectCall& call);

  const std::vector<Shared>& shared_;
  std::vector<Known> known_;
};

}  // namespace forkmill::sim
