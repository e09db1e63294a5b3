#include "tests/sim/disk/trial/opening.h"

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using broker::Store;

bool Opening::open() {
  Subject& s = subject_;
  s.store = s.make_store();
  s.say("the store opens");
  const auto identity = s.store->open();
  if (!identity.ok()) {
    refused(identity.failure());
    return false;
  }
  ++s.counts.openings;
  check_identity(identity.value());
  const StoreState expected = s.model.at(identity->last);
  check_numbers(expected.last_seq.value(), identity->last_seq.value());
  ++unchecked_;
  if (!s.holds(expected)) return false;
  s.model.go_on_from(identity->last, identity->last_seq);
  unchecked_ = 0;
  opened_ = true;
  s.acknowledged = s.last = identity->last;
  return true;
}

void Opening::refused(const proto::Failure& failure) {
  subject_.accept(failure);
  ++unchecked_;
}

void Opening::note_other(proto::Epoch epoch) {
  epoch_ = epoch;
  ++unchecked_;
}

void Opening::check_identity(const Store::Identity& identity) {
  const proto::CommitSeq acknowledged = subject_.acknowledged;
  subject_.say("epoch " + std::to_string(identity.epoch.value()) + ", commit " + std::to_string(identity.last.value()) +
               ", acknowledged were " + std::to_string(acknowledged.value()));
  if (id_.empty()) id_ = identity.id;
  if (identity.id != id_) throw Violation{"the store has another name: " + identity.id + " instead of " + id_};
  if (identity.epoch <= epoch_) throw Violation{"the epoch has not risen"};
  epoch_ = identity.epoch;
  if (identity.last < acknowledged)
    throw Violation{"commit " + std::to_string(acknowledged.value()) +
                    " was acknowledged, but the last commit in the store is " + std::to_string(identity.last.value())};
  if (!subject_.model.knows(identity.last))
    throw Violation{"the store has commit " + std::to_string(identity.last.value()) + ", which was never made"};
}

// Each opening leaves out as many numbers. An opening that failed may have done so; the first one need not.
void Opening::check_numbers(std::uint64_t highest, std::uint64_t said) const {
  const std::uint64_t openings = (said - highest) / Store::kLeftOut;
  if (said < highest || (said - highest) % Store::kLeftOut != 0 || openings > unchecked_ + 1 ||
      openings < (opened_ ? 1 : 0))
    throw Violation{"the highest number was " + std::to_string(highest) + ", but the store says " +
                    std::to_string(said)};
}

}  // namespace forkmill::sim
