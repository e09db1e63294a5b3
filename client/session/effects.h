// Effects: what a session wants done, as Session::take_effects() returns it. The owner carries them out in the order of
// the members.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/session/cookie.h"
#include "proto/result.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

// An outcome that a session itself gives to a task.
inline proto::Outcome rejection(Errc code, std::string text) {
  return proto::Outcome::ended(proto::OutcomeKind::rejected, code, std::move(text));
}

struct Effects {
  struct LogLine {
    bool serious;  // an error rather than a warning
    std::string text;
    bool unserved = false;  // tells of tasks that no worker takes
  };
  struct Noted {
    Cookie cookie;
    double fraction;
    std::string note;
  };
  struct Started {
    Cookie cookie;
    std::uint32_t pid;
    std::string host;
  };
  struct Ended {
    Cookie cookie;
    proto::Outcome outcome;
    bool
        known_before;  // the broker had acknowledged the task: if it does not know the task now, the broker has lost it
  };
  struct Answered {
    Cookie cookie;
    proto::Reply reply;
  };
  struct Operated {
    Cookie cookie;
    proto::OperationAnswer answer;
    bool has_opened = false;  // the answer has the number of an object
  };

  std::vector<LogLine> log;
  std::vector<proto::Envelope> send;
  std::vector<Cookie> accepted;  // tasks that the broker has acknowledged
  std::vector<Noted> progress;
  std::vector<Started> started;
  std::vector<Ended> ended;
  std::vector<Answered> answered;
  bool holdings_lost = false;  // the broker may have given to others what this client held of named objects
  std::vector<Operated> operated;
  std::string obstacle;                   // keeps this client from the broker; empty: no news
  bool reconnect = false;                 // drop the connection and make a new one
  std::optional<proto::Moved> moved;      // the broker of the shard is to be had elsewhere
  std::uint32_t shards = 0;               // not 0: a session has begun, with a cluster of that number
  std::optional<proto::Failure> refusal;  // ends everything, now and later

  void end(Cookie cookie, const proto::Outcome& outcome, bool known_before = false) {
    ended.push_back({cookie, outcome, known_before});
  }
  // Answers a cancel or a query with an error. Cookie 0: nothing waits for the answer.
  void fail_query(Cookie cookie, Errc code, const std::string& text) {
    if (cookie != 0) answered.push_back({cookie, {0, code, text, {}}});
  }
  // Answers a cancel. Cookie 0: nothing waits for the answer.
  void answer_cancel(Cookie cookie, proto::CancelState state);
  // Answers an operation with an error, in the same way.
  void fail_operation(Cookie cookie, Errc code, const std::string& text) {
    if (cookie != 0) operated.push_back({cookie, {0, code, text, 0, 0, {}}});
  }
  // Empties all lists and keeps their memory.
  void clear();
  void swap(Effects& other) noexcept;
};

}  // namespace forkmill::client
