// Lineage: the commits that brokers have tried, each with the one that it builds on, and what was acknowledged. Whether
// an opening or an acknowledgement fits is told by descent: the numbers of two brokers may be equal.
//
// The rules: an opening finds exactly what one of the tried commits would leave, and this commit descends from every
// acknowledged one, or is one. What a deposed broker acknowledges was there when its successors opened. Epochs and
// numbers of tasks rise. A server that was replaced by a backup loses what is later; a broker that had acknowledged
// some of that acknowledges nothing more.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "tests/sim/disk/trial/store_model.h"

namespace forkmill::sim {

class Lineage {
 public:
  using Id = std::size_t;

  Lineage() { tries_.push_back({}); }

  // A broker that builds on `base` is about to commit; `state` is what it would leave. `restores`: of before the broker
  // has opened.
  Id attempt(Id base, std::uint64_t epoch, proto::CommitSeq number, StoreState state, std::uint64_t restores);
  // The broker of that attempt takes it for made. Throws Violation.
  void acknowledged(Id id);
  // The tries that may have left commit `number`, latest first.
  std::vector<Id> candidates(proto::CommitSeq number) const;
  // A broker has opened the store and found what `id` left. Throws Violation.
  void opened(Id id, std::uint64_t epoch, proto::TaskSeq last_seq);
  // Later commits than `number` are lost with the servers that had them.
  void restored(std::uint64_t number);

  const StoreState& state(Id id) const { return tries_[id].state; }
  // The latest acknowledged commit.
  Id latest() const { return latest_; }
  std::uint64_t restores() const { return restores_; }

 private:
  struct Try {
    Id base = 0;
    std::uint64_t epoch = 0;
    proto::CommitSeq number;
    StoreState state;
  };
  struct Opening {
    std::uint64_t epoch = 0;
    Id found = 0;
  };
  bool descends(Id id, Id from) const;

  std::vector<Try> tries_;
  std::vector<Opening> openings_;  // by rising epoch
  Id latest_ = 0;
  std::set<Id> lost_;       // acknowledged, and lost with a backup that was restored
  proto::TaskSeq highest_;  // that a broker may have given out
  std::uint64_t restores_ = 0;
};

}  // namespace forkmill::sim
