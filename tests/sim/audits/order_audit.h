// The audit of the order of grants (invariant 9): among first attempts in one lane the order of arrival is kept, and no
// task is granted before one of a higher priority that the worker could run. A lane is a client's tasks of one type and
// priority in one queue. A task that an operator has moved joins the end of its lane, so nothing is promised of it.
#pragma once

#include <set>
#include <unordered_map>
#include <utility>

#include "broker/core/core.h"

namespace forkmill::sim {

class OrderAudit {
 public:
  // A broker has recovered.
  void begin(const broker::Core& core);
  // Checks the grants of a round against the tasks that still wait after it. Throws Violation.
  void round(const broker::Core& core, const broker::Effects& effects);

 private:
  using Place = std::pair<const broker::Queue*, int>;  // queue and priority

  void note_moved(const broker::Core& core, const broker::Effects& effects);

  std::set<proto::TaskSeq> moved_;
  std::unordered_map<proto::TaskSeq, Place> places_;  // tasks in memory, while a change is under way
};

}  // namespace forkmill::sim
