// Session: the client's side of the protocol as pure rules. It has no socket, clock, thread or entropy: `now` is a
// parameter, jitter comes from a seed, and what is to be done comes out as Effects. The engine (engine/engine.h) feeds
// it from a real socket; tests and simulators feed it by hand:
//
//     session.connected(now), session.handle(now, …)   for everything that has arrived, then
//     session.tick(now)                                once: what is due by the clock,
//     session.flush(now)                               once: what has gathered goes out in few messages, and
//     effects = session.take_effects()                 is carried out. next_wakeup() says when to call tick and flush
//                                                      again at the latest.
//
// Changes that tasks survive:
//   * a submission is kept, and sent again in every new session, until it is acknowledged or rejected;
//   * a task that was acknowledged is attached again when the broker did not keep the session;
//   * a result ends its task once; repetitions are acknowledged and dropped;
//   * a submission under a key of an outstanding task waits for that task's end, if both are the same in every word;
//   * the end of another body under its key does not end it;
//   * cancels and queries are repeated until they are answered;
//   * operations on named objects: see operations.h.
//
// A session that was refused, or closed, ends everything at once, now and later.
#pragma once

#include <optional>
#include <string>

#include "client/session/cancels.h"
#include "client/session/conversation.h"
#include "client/session/effects.h"
#include "client/session/history.h"
#include "client/session/operations.h"
#include "client/session/options.h"
#include "client/session/outstanding_tasks.h"
#include "client/session/queries.h"
#include "client/session/requests.h"
#include "client/session/results.h"
#include "client/session/submissions.h"
#include "proto/result.h"

namespace forkmill::client {

// The amount that a client waits for and holds.
struct Load {
  std::size_t outstanding = 0;  // waiters of tasks
  std::size_t held_tasks = 0;   // submissions that the broker has neither acknowledged nor rejected
  std::size_t held_bytes = 0;   // their payloads and administration
};

class Session {
 public:
  explicit Session(const SessionOptions& options);

  // Call when a connection was made, or has broken.
  void connected(Instant now) { conversation_.connected(now); }
  void disconnected() { conversation_.disconnected(); }
  // A message of the broker.
  void handle(Instant now, proto::Envelope&& envelope);
  // A request of the program; in any state. Only flush() sends.
  void handle(Instant now, Request&& request);
  void handle(Instant now, SubmitTask&& request);
  void tick(Instant now);
  void flush(Instant now);
  Instant next_wakeup() const;
  Effects take_effects();
  // The same, into `effects`, which are empty and whose memory is used for the next ones: a busy owner allocates
  // nothing.
  void take_effects(Effects& effects);

  // Ends everything that is outstanding with this error.
  void end_all(Errc code, const std::string& text);
  // Ends everything, now and later, with this error: no broker will answer.
  void refuse(Errc code, const std::string& text);
  // Says GOODBYE and ends everything, now and later, with client_closed.
  void close(Instant now);

  bool open() const { return conversation_.open(); }
  // Whether this session has submitted the task, and something waits for it.
  bool has_submitted(const TaskId& id) {
    const auto* entry = tasks_.find(id);
    return entry != nullptr && entry->phase != OutstandingTasks::Phase::attached;
  }
  Load load() const { return {tasks_.size(), submissions_.held().tasks, submissions_.held().bytes}; }

 private:
  struct Arrival;  // handles each kind of message
  struct Asking;   // handles each kind of request

  const std::function<void(proto::Message&)> on_message_;
  Effects effects_;
  Conversation conversation_;
  History history_;
  std::optional<proto::Failure> refusal_;
  OutstandingTasks tasks_;
  Submissions submissions_;
  Results results_;
  Cancels cancels_;
  Queries queries_;
  Operations operations_;
};

}  // namespace forkmill::client
