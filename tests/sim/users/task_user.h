// TaskUser: a user of tasks through one client's session: submits, attaches, cancels, asks, looks after processes
// and dead letters, and steers queues.
#pragma once

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/sim/rules/history.h"
#include "tests/sim/users/cancels.h"
#include "tests/sim/users/operator.h"
#include "tests/sim/users/questions.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/survey.h"
#include "tests/sim/users/watcher.h"
#include "tests/sim/users/workload.h"

namespace forkmill::sim {

class TaskUser {
 public:
  TaskUser(World& world, History& history, Workload& workload, std::string name, SessionHands& session);

  // The user does something.
  void act();
  // The client crashes, and with it all futures.
  void crash();
  // Call when the wall clock of the client is off by `skew` from now on.
  void set_clock(milliseconds skew) { skew_ = skew; }

  // Events of the session.
  void started(Cookie cookie, std::uint32_t pid);
  void ended(Cookie cookie, const proto::Outcome& outcome, bool known_before);
  void answered(Cookie cookie, const proto::Reply& reply);
  // The broker had forgotten this client.
  void forgotten() { ++lives_; }

  Survey& survey() { return survey_; }
  Operator& steering() { return operator_; }
  bool cancels_answered() const { return cancels_.all_answered(); }

 private:
  void submit();
  void cancel();
  void attach(const TaskId& id);
  void query();
  void look_after_dead();
  void signal_a_process();

  World& world_;
  History& history_;
  Workload& workload_;
  SessionHands& session_;
  Questions questions_{world_, session_};
  Survey survey_{questions_, history_};
  Operator operator_{world_, history_, workload_, session_, questions_};
  Cancels cancels_;
  Watcher watcher_{world_, questions_};
  milliseconds skew_{0};
  std::vector<std::pair<Cookie, TaskId>> outstanding_;
  std::unordered_set<Cookie> born_;  // the futures whose processes run, as far as the client knows
  std::uint64_t lives_ = 0;          // the number of times that the broker has forgotten this client
};

}  // namespace forkmill::sim
