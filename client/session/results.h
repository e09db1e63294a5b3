// Results: ends tasks with the results that arrive, and acknowledges their messages. Every copy of a message is
// acknowledged; a result ends its task once.
#pragma once

#include <cstddef>
#include <vector>

#include "client/session/conversation.h"
#include "client/session/outstanding_tasks.h"
#include "client/session/submissions.h"

namespace forkmill::client {

class Results {
 public:
  Results(OutstandingTasks& tasks, Submissions& submissions) : tasks_{tasks}, submissions_{submissions} {}

  void handle(Instant now, proto::MessageSeq seq, proto::Results& results);
  // Results of an earlier session need no acknowledgement: what was not acknowledged comes again.
  void new_session();
  // Sends acknowledgements that are due. `others`: other messages go out now, so that these do not wake the broker for
  // their own sake.
  void flush(Instant now, bool others, Conversation& conversation);
  // The next flush() sends all acknowledgements.
  void hurry(Instant now) { due_ = now; }
  Instant next_wakeup() const { return due_; }

 private:
  void end(proto::TaskResult& result);

  OutstandingTasks& tasks_;
  Submissions& submissions_;
  std::vector<proto::MessageSeq> unacknowledged_;
  std::size_t unacknowledged_results_ = 0;  // in those messages
  Instant due_ = proto::kNever;
};

}  // namespace forkmill::client
