// Submissions: the way of tasks from the program to the broker, kept here until the broker has answered for them.
//
//     add ──▶ waiting ──flush: window, batches──▶ sent ──SUBMIT_ACK──▶ accepted, or rejected
//                ▲                                 │
//                ├──────────new session────────────┤
//                └────full queue: wait, again◀─────┘ rejected: queue_full, disk_full, memory_full …
//
// A task that has ended meanwhile is not sent: it was cancelled, or its result has overtaken the acknowledgement.
#pragma once

#include <cstddef>
#include <optional>

#include "client/session/conversation.h"
#include "client/session/full_queues.h"
#include "client/session/outstanding_tasks.h"
#include "client/session/submission_queue.h"
#include "client/session/unacknowledged_submissions.h"

namespace forkmill::client {

class Submissions {
 public:
  // Submissions that the broker has neither acknowledged nor rejected.
  struct Held {
    std::size_t tasks = 0;
    std::size_t bytes = 0;
  };

  Submissions(const SessionOptions& options, OutstandingTasks& tasks);

  void add(proto::Submission&& task, Cookie cookie);
  // Ends a task, and withdraws its submission where it is shared: under a key, the next one may have the same id, and
  // what the broker says of this one is not for that one.
  void end(OutstandingTasks::Entry* entry, proto::Outcome&& outcome);
  void handle(Instant now, proto::SubmitAck& ack);
  // An error about a message: rejects its submissions. No effect for a message that was no SUBMIT.
  void handle(Instant now, const proto::ErrorMessage& error);

  // Submissions of the session before that are not acknowledged are sent again, first.
  void new_session(const proto::Welcome& welcome);
  void flush(Instant now, Conversation& conversation);
  Instant next_wakeup() const { return full_queues_.next_wakeup(); }
  void clear();

  const Held& held() const { return held_; }

 private:
  void accept(const proto::Submission& task);
  void reject(Instant now, proto::Submission task, const proto::Rejection& why);
  bool may_be_sent_again(Instant now, const proto::Submission& task, Errc code) const;
  bool is_wanted(const proto::Submission& task, const OutstandingTasks::Entry* entry);
  proto::Submit next_message();
  void withdraw(const TaskId& id);
  void hold(const proto::Submission& task);
  void release(const proto::Submission& task);

  const OnQueueFull on_queue_full_;
  const milliseconds resend_for_;
  OutstandingTasks& tasks_;
  Held held_;
  SubmissionQueue waiting_;  // not sent in this session
  UnacknowledgedSubmissions unacknowledged_;
  std::string news_;  // for the log
  Instant told_of_room_at_ = -std::chrono::hours{1};
  FullQueues full_queues_;
};

}  // namespace forkmill::client
