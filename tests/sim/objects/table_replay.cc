#include "tests/sim/objects/table_replay.h"

#include <algorithm>

namespace forkmill::sim {

using proto::Verb;

bool may_change(const ObjectCall& call) {
  switch (call.op.verb) {
    case Verb::store:
    case Verb::erase:
    case Verb::insert:
    case Verb::add:
    case Verb::append:
    case Verb::exchange:
    case Verb::pop:
    case Verb::clear:
    case Verb::set:
      return true;
    default:
      return false;
  }
}

// Two calls on a dict succeed without a change: an insert under a key that is there, and the removal of a key that is
// not there.
bool changed(const ObjectCall& call, bool dict) {
  if (!may_change(call) || !call.ok()) return false;
  if (dict && call.is(Verb::insert)) return call.answer.a != 0;
  return !(dict && call.is(Verb::exchange) && call.op.values[1].empty() && call.op.values[2].empty());
}

bool TableReplay::replay(const ObjectCall& call, bool unknown_changes) {
  call_ = &call;
  const std::int64_t before = version_of(call) - (changed(call, is_dict()) ? steps() : 0);
  require(before >= version_, "its version had passed before it");
  if (before > version_) {
    require(unknown_changes, "no client made the change between its version and the one before");
    return false;
  }
  apply();
  version_ = version_of(call);
  return true;
}

void TableReplay::require_items() const {
  if (call_->op.b != 0 || call_->answer.a != 0) return;
  std::vector<std::string> expected;
  for (const auto& [key, value] : rows_) {
    if (is_dict()) expected.push_back(key);
    expected.push_back(value);
  }
  const bool same = std::equal(expected.begin(), expected.end(), answer().begin(), answer().end(),
                               [](const std::string& a, const proto::Payload& b) { return a == b.view(); });
  require(same, "it listed other items");
}

}  // namespace forkmill::sim
