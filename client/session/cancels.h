// Cancels: the tasks that this client wants cancelled. Each is asked for in every session until the broker answers.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "client/session/conversation.h"
#include "client/session/effects.h"
#include "client/session/outstanding_tasks.h"
#include "client/session/submissions.h"

namespace forkmill::client {

class Cancels {
 public:
  Cancels(OutstandingTasks& tasks, Submissions& submissions, Effects& effects)
      : tasks_{tasks}, submissions_{submissions}, effects_{effects} {}

  // Cookie 0: no answer is wanted. A task that was never sent ends at once. unless_started: a task that has started
  // runs on.
  void add(const TaskId& id, Cookie cookie, bool unless_started);
  // The end of a cancelled task itself comes as its result.
  void handle(const proto::CancelReply& reply);
  void new_session();
  void flush(Instant now, Conversation& conversation);
  void end_all(Errc code, const std::string& text);

 private:
  void answer(const TaskId& id, proto::CancelState state);

  OutstandingTasks& tasks_;
  Submissions& submissions_;
  Effects& effects_;
  struct Asked {
    std::vector<Cookie> cookies;
    bool unless_started = true;  // as long as no caller wants a running task stopped
  };

  std::unordered_map<TaskId, Asked> unanswered_;
  std::vector<TaskId> unsent_;  // in this session
};

}  // namespace forkmill::client
