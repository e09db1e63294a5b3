#include "tests/sim/postgres/trial/lineage.h"

#include <algorithm>
#include <string>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

Lineage::Id Lineage::attempt(Id base, std::uint64_t epoch, proto::CommitSeq number, StoreState state,
                             std::uint64_t restores) {
  if (restores == restores_) highest_ = std::max(highest_, state.last_seq);
  tries_.push_back({base, epoch, number, std::move(state)});
  return tries_.size() - 1;
}

bool Lineage::descends(Id id, Id from) const {
  while (id > from) id = tries_[id].base;
  return id == from;
}

void Lineage::acknowledged(Id id) {
  const Try& one = tries_[id];
  const std::string name = "commit " + std::to_string(one.number.value()) + " of epoch " + std::to_string(one.epoch);
  for (const Id lost : lost_)
    if (descends(id, lost)) throw Violation{name + " is acknowledged after the server has lost one that was"};
  for (const Opening& opening : openings_) {
    if (opening.epoch > one.epoch && !descends(opening.found, id))
      throw Violation{name + " is acknowledged, and epoch " + std::to_string(opening.epoch) + " did not find it"};
  }
  if (descends(latest_, id)) return;
  if (!descends(id, latest_)) throw Violation{name + " is acknowledged, and an acknowledged one is not in it"};
  latest_ = id;
}

std::vector<Lineage::Id> Lineage::candidates(proto::CommitSeq number) const {
  std::vector<Id> some;
  for (Id id = tries_.size(); id-- > 0;)
    if (tries_[id].number == number) some.push_back(id);
  return some;
}

void Lineage::opened(Id id, std::uint64_t epoch, proto::TaskSeq last_seq) {
  const std::string name = "epoch " + std::to_string(epoch);
  if (!openings_.empty() && epoch <= openings_.back().epoch)
    throw Violation{name + " is not higher than the one before"};
  if (last_seq < highest_) throw Violation{name + " gives out numbers that earlier brokers may have given out"};
  if (!descends(id, latest_))
    throw Violation{name + " found commit " + std::to_string(tries_[id].number.value()) +
                    ", which lacks an acknowledged one, " + std::to_string(tries_[latest_].number.value())};
  openings_.push_back({epoch, id});
  highest_ = std::max(highest_, last_seq);
}

void Lineage::restored(std::uint64_t number) {
  for (Id id = latest_; tries_[id].number.value() > number; id = tries_[id].base) {
    lost_.insert(id);
    latest_ = tries_[id].base;
  }
  // Epochs begin again with that of the backup, and so do numbers.
  ++restores_;
  openings_.clear();
  highest_ = {};
}

}  // namespace forkmill::sim
