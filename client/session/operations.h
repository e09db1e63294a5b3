// Operations: what a client asks of named objects, as pure rules: numbers, batches, what is sent again in a new
// session, and what has to end because its fate is not known. Used by Session; no socket, clock or thread in it.
//
//     add ──▶ unsent ──first sending: a number──▶ sent ──answer──▶ gone
//                                                   │ ▲
//                                                   └─┘ every new session in which the broker still knows this client
//
// A new session in which it does not (the broker was restarted, or this client was away for too long): what had been
// sent ends with Errc::disconnected, unless doing it twice is as good as doing it once. What was never sent is sent.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/session/task_table.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class Operations {
 public:
  struct Ended {
    Cookie cookie;
    proto::OperationAnswer answer;
  };
  using EndedList = std::vector<Ended>;

  // harmless: it may be repeated without knowing whether it was done. Its number is given when it is sent. With
  // limits::kMaxOperations unanswered ones it ends at once with too_many_waiting, and with message_too_large when its
  // values are more than one message holds. Cookie 0: nobody waits for it.
  void add(proto::Operation operation, bool harmless, Cookie cookie, EndedList& ended);
  // Nobody waits for it any longer: unsent, it ends with `timeout` and is never sent; else the broker is asked to end
  // its wait, and whatever the broker says is its end.
  void give_up(Cookie cookie, EndedList& ended);

  // The answers to those that are known here.
  void answered(proto::Operated& message, EndedList& ended);
  // kept: the broker knows the operations of the session before.
  void new_session(bool kept, EndedList& ended);
  void end_all(Errc code, const std::string& text, EndedList& ended);

  // Whatever is to be sent now, in the order of their numbers.
  std::vector<proto::Operate> take_messages();
  // Answers that the broker has not been told to have arrived.
  std::size_t unconfirmed() const { return unconfirmed_; }
  proto::Operate confirmation();

  std::size_t size() const { return unsent_.size() + sent_.size(); }

 private:
  struct Entry {
    proto::Operation operation;
    Cookie cookie = 0;
    bool harmless = false;
    bool given_up = false;
  };

  std::uint64_t watermark() const { return sent_.empty() ? last_number_ + 1 : sent_.begin()->first; }
  void say_answered(proto::Operate& message);
  static std::size_t bytes_of(const proto::Operation& operation);

  std::deque<Entry> unsent_;
  std::map<std::uint64_t, Entry> sent_;      // by number; not answered
  std::deque<std::uint64_t> again_;          // of those: not sent in this session yet
  std::vector<std::uint64_t> out_of_order_;  // answered while an older one was not, and not said yet
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;  // such, to be said
  bool say_all_ = false;                                         // that is, what lies between those in sent_
  std::uint64_t last_number_ = 0;
  std::size_t unconfirmed_ = 0;
};

// Whether doing it twice is as good as doing it once.
bool harmless_twice(proto::Verb verb, proto::ObjectKind kind);

}  // namespace forkmill::client
