// Checker: reads the journals of the ring's programs into the simulator's History (tests/sim/rules/history.h) and
// ObjectHistory, which hold the rules, and adds the rules that only real programs can break: no failure without a
// cause, no delay cut short, and promises to a client are kept after the client was killed.
//
// The broker may have granted the tasks of an unreachable worker to other workers without that worker's knowledge. The
// ring's journal says which workers were unreachable and when.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/chaos/journal.h"
#include "tests/chaos/object_checker.h"
#include "tests/sim/rules/history.h"

namespace forkmill::chaos {

struct Verdict {
  sim::Counts counts;
  std::uint64_t operations = 0;  // on named objects
  std::uint64_t lost = 0;        // acknowledged, then forgotten
  std::uint64_t doubled = 0;     // ended twice, or with two outcomes
  std::uint64_t hung = 0;        // futures that still wait at the end
  std::uint64_t others = 0;
  std::uint64_t unrecorded = 0;  // executions whose client was killed before it could record the submission
  std::vector<std::string> violations;
  bool good() const { return lost + doubled + hung + others == 0; }
};

class Checker {
 public:
  explicit Checker(const Journals& journals);
  Verdict check();

 private:
  using Words = std::vector<std::string_view>;
  // A future is known by the journal of its client and by its number there.
  using FutureKey = std::pair<std::uint32_t, std::int64_t>;
  struct Submitted {
    proto::Submission task;
    std::string kind;
    std::int64_t when = 0;
    bool begun = false;
    bool acknowledged = false;
  };
  struct Watched {
    TaskId id;
    sim::Cookie cookie = 0;
    bool attach = false;
    bool accepted = false;
    bool ended = false;
    std::uint64_t broker = 0;  // number of the broker that ran when the future was made
  };

  void learn_submissions();
  void take(const Entry& entry);
  void of_the_ring(const Entry& entry, const Words& words);
  void submit(const Entry& entry, const Words& words);
  void attach(const Entry& entry, const Words& words);
  void accepted(const Entry& entry, const Words& words);
  void ended(const Entry& entry, const Words& words);
  static bool may_throw(const Submitted& submitted);
  void check_reason(const Submitted& submitted, const Watched& watched, const proto::Outcome& outcome);
  void started(const Entry& entry, const Words& words);
  void finished(const Entry& entry, const Words& words);
  void close_futures();
  Submitted* known(const TaskId& id);
  void complain(const std::string& text);
  static proto::Outcome outcome_of(const Words& words);

  const Journals& journals_;
  sim::World world_;
  sim::History history_;
  ObjectChecker objects_;
  Verdict verdict_;
  std::unordered_map<TaskId, Submitted> tasks_;
  std::map<FutureKey, Watched> futures_;
  std::set<std::string, std::less<>> killed_;          // lives of clients
  std::map<std::int64_t, std::int64_t> silent_until_;  // by worker; 0: all workers
  std::uint64_t brokers_ = 0;
  std::int64_t started_ = 0;  // when the running broker was started
  std::int64_t jumped_ = 0;   // when a clock was last set
  // Time of the last broker start before which the clock was set during the previous broker's life. Delays of tasks
  // that existed by then may have changed.
  std::int64_t shifted_ = 0;
};

}  // namespace forkmill::chaos
