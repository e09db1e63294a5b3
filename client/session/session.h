// Session: the client's side of the protocol as pure rules. It has no socket, clock, thread or randomness: `now` is a
// parameter, jitter comes from a seed, and what is to be done comes out as Effects. The engine (engine.h) feeds it from
// a real socket; tests and simulators feed it by hand.
//
//     offline ──link_up──▶ greeting ──WELCOME──▶ open ──GOODBYE, silence, link_down──▶ offline
//                             └── version_unsupported, name_invalid ──▶ refused (for good)
//
// What survives which change:
//   * a submission is kept, and sent again in every new session, until it is acknowledged or rejected;
//   * a task that was acknowledged is attached again when the broker did not keep the session;
//   * a result ends its task once; repeats are acknowledged and dropped;
//   * a submission under a key of a task that is outstanding waits for that one's end, if it is the same in every word;
//   * what ends another body under its key does not end it;
//   * cancels and queries are repeated until they are answered;
//   * operations on named objects: see operations.h.
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/session/operations.h"
#include "client/session/shared_tasks.h"
#include "client/session/task_table.h"
#include "proto/result.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

using proto::Instant;
using proto::milliseconds;

// What a full queue at the broker means for a task.
enum class OnQueueFull : std::uint8_t { resend, reject };

struct SessionOptions {
  std::string name{};
  std::string host{};
  std::uint32_t pid = 0;
  std::string software{};
  OnQueueFull on_queue_full = OnQueueFull::resend;
  milliseconds resend_for{0};  // give up resending after this long; 0: never
  std::uint64_t seed = 1;
  std::uint64_t instance = 0;  // who this client is in all of its sessions: random, no other's
  std::uint64_t child_of = 0;  // the instance of the worker in whose child this client lives
};

struct Effects {
  struct Ended {
    Cookie cookie;
    proto::Outcome outcome;
    bool known_before;  // it was acknowledged to us: not knowing it any more is the broker's loss
  };
  struct Noted {
    Cookie cookie;
    double fraction;
    std::string note;
  };
  struct Born {
    Cookie cookie;
    std::uint32_t pid;
    std::string host;
  };
  struct Answered {
    Cookie cookie;
    proto::Reply reply;
  };
  struct Said {
    bool serious;  // an error rather than a warning
    std::string text;
  };

  std::vector<proto::Envelope> send;
  std::vector<Cookie> accepted;
  std::vector<Noted> progress;  // before `ended`
  std::vector<Born> started;    // the same
  std::vector<Ended> ended;
  std::vector<Answered> answered;
  Operations::EndedList operated;
  bool holdings_lost = false;  // before `operated`: what this client held of named objects is no longer its own
  std::vector<Said> say;       // for the log
  bool reconnect = false;      // drop the connection and make a new one

  void clear();
};

class Session {
 public:
  explicit Session(SessionOptions options);

  void link_up(Instant now, Effects& effects);
  void link_down(Instant now, Effects& effects);
  void handle(Instant now, proto::Envelope envelope, Effects& effects);
  void tick(Instant now, Effects& effects);  // at wake_at() or at any other time

  // These only take note; flush() sends. They may be called in any state.
  void submit(Instant now, proto::Submission submission, Cookie cookie, Effects& effects);
  void attach(const TaskId& id, Cookie cookie, Effects& effects);
  // Any task, also one submitted elsewhere. With a cookie (not 0), the broker's CancelState is answered, packed.
  void cancel(const TaskId& id, Cookie cookie, Effects& effects);
  void query(proto::Query query, Cookie cookie, Effects& effects);  // its id is given here
  void query(proto::QueryKind kind, std::string argument, Cookie cookie, Effects& effects) {
    query({.kind = kind, .argument = std::move(argument)}, cookie, effects);
  }
  // On a named object; see Operations::add and give_up.
  void operate(proto::Operation operation, bool harmless, Cookie cookie, Effects& effects);
  void give_up(Cookie cookie, Effects& effects) { operations_.give_up(cookie, effects.operated); }

  // Sends what may be sent: once after everything at hand was handled, so that it goes out in few messages.
  void flush(Instant now, Effects& effects);

  // Ends everything that is outstanding with this error.
  void end_all(Errc code, const std::string& text, Effects& effects);
  // The same, and from then on everything new as well.
  void refuse(Errc code, const std::string& text, Effects& effects);
  void goodbye(Instant now, Effects& effects);

  Instant wake_at() const;
  bool open() const { return state_ == State::open; }
  std::size_t outstanding() const { return tasks_.size() + shared_.further(); }
  // Submissions held here, and their bytes: waiting, parked and unacknowledged.
  std::size_t held_tasks() const { return held_tasks_; }
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  enum class State : std::uint8_t { offline, greeting, open, refused };
  struct Sent {
    proto::MessageSeq seq;
    std::vector<proto::Submission> tasks;  // emptied by its acknowledgement
  };
  // Tasks of one queue that is full: they wait, in order, and a few at a time try again.
  struct Parked {
    std::deque<proto::Submission> tasks;
    Instant next_try{0};
    milliseconds pause{0};
    Instant since{0};
    std::size_t trying = 0;    // sent again, not answered yet
    std::size_t returned = 0;  // of those, rejected once more
  };
  struct Asked {
    proto::Query query;
    Cookie cookie;
  };

  // session.cc: the conversation
  void greet(Instant now, Effects& effects);
  void retry_later(Instant now);
  Instant beat_due() const;
  void send(Instant now, proto::Message message, Effects& effects);
  void on(Instant now, proto::Welcome& welcome, Effects& effects);
  void on(Instant now, proto::ErrorMessage& error, Effects& effects);
  void on(Instant now, proto::Goodbye& goodbye, Effects& effects);
  void on(Instant now, proto::SubmitAck& ack, Effects& effects);
  void on(Instant now, proto::CancelReply& reply, Effects& effects);
  void on(Instant now, proto::Started& started, Effects& effects);
  void on(Instant now, proto::Progress& progress, Effects& effects);
  void on(Instant now, proto::Reply& reply, Effects& effects);
  void on(Instant now, proto::Operated& operated, Effects& effects);
  template <class Other>
  void on(Instant, Other&, Effects&) {}
  void cancel_answered(const TaskId& id, proto::CancelState state, Effects& effects);
  void on_results(Instant now, proto::MessageSeq seq, proto::Results& results, Effects& effects);
  bool history_is_older(const proto::Welcome& welcome) const;
  void take_up_again(bool resumed);
  void end(TaskTable::Entry* entry, proto::Outcome outcome, Effects& effects);
  void accepted(const TaskTable::Entry& entry, Effects& effects);
  std::uint64_t random();
  milliseconds jittered(milliseconds pause);

  // session_submit.cc: windows, batches, full queues, tasks submitted more than once
  bool is_being_submitted(const TaskTable::Entry& entry);
  bool take_in(const proto::Submission& task, Cookie cookie, Effects& effects);
  TaskTable::Entry* entry_of(const proto::Submission& task);
  std::vector<SharedTasks::Waiter> take_waiters(const TaskTable::Entry& entry);
  void keep_waiters(TaskTable::Entry* entry, const std::vector<SharedTasks::Waiter>& left,
                    std::optional<std::uint64_t> body);
  void end_submitters(TaskTable::Entry* entry, const proto::Outcome& outcome, Effects& effects);
  void end_another(TaskTable::Entry* entry, const proto::Outcome& outcome, Effects& effects);
  void drop_unsent(const TaskId& id);
  void withdraw(const TaskId& id);
  void acknowledged(const proto::Submission& task, Effects& effects);
  void rejected(Instant now, proto::Submission task, const proto::Rejection& why, Effects& effects);
  void park(Instant now, proto::Submission task);
  void unpark(Instant now);
  void settled(const proto::Submission& task);
  void let_go(const proto::Submission& task);
  void send_submissions(Instant now, Effects& effects);
  bool fits_window(const proto::Submission& task) const;
  void forget_sent(Sent& sent);
  Sent* sent_as(proto::MessageSeq seq);
  void drop_acknowledged();

  SessionOptions options_;
  State state_ = State::offline;
  bool link_is_up_ = false;
  std::uint64_t random_state_;
  std::uint64_t nonce_ = 0;
  std::uint64_t hello_order_ = 0;
  proto::SessionId session_;
  proto::MessageSeq last_seq_;
  Instant heard_at_{0};
  Instant spoke_at_{0};
  Instant beat_at_{0};
  Instant greet_at_ = proto::kNever;  // say HELLO (again) then
  milliseconds greet_pause_{0};
  milliseconds heartbeat_{0};
  milliseconds session_timeout_{0};
  std::uint32_t window_tasks_ = 0;
  std::uint64_t window_bytes_ = 0;
  std::string store_;
  proto::CommitSeq commit_;  // the highest acknowledged to us, in store_
  proto::Failure refusal_;

  TaskTable tasks_;
  SharedTasks shared_;
  std::deque<proto::Submission> waiting_;  // not sent in this session
  std::deque<Sent> sent_;                  // in the order of their seq
  std::size_t sent_tasks_ = 0;
  std::size_t sent_bytes_ = 0;
  std::size_t held_tasks_ = 0;
  std::size_t held_bytes_ = 0;
  std::map<std::string, Parked> parked_;

  std::vector<proto::MessageSeq> to_acknowledge_;  // RESULTS
  std::size_t unacknowledged_results_ = 0;
  Instant acknowledge_at_ = proto::kNever;

  std::vector<TaskId> to_attach_;
  std::vector<TaskId> to_cancel_;
  std::unordered_map<TaskId, std::vector<Cookie>> cancelling_;  // who asked; until answered
  std::map<std::uint64_t, Asked> queries_;
  std::vector<std::uint64_t> to_ask_;
  std::uint64_t last_query_ = 0;

  Operations operations_;
};

}  // namespace forkmill::client
