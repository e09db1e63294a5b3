// Survey: reads all tasks that the broker has, page by page, and checks that none is missing.
#pragma once

#include <set>

#include "tests/sim/rules/history.h"
#include "tests/sim/users/questions.h"

namespace forkmill::sim {

class Survey {
 public:
  Survey(Questions& questions, History& history) : questions_{questions}, history_{history} {}

  void begin();
  bool done() const { return done_; }

 private:
  void read_page(proto::TaskSeq before);

  Questions& questions_;
  History& history_;
  std::set<TaskId> listed_;
  bool done_ = false;
};

}  // namespace forkmill::sim
