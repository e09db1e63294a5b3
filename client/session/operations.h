// Operations: what a client asks of named objects, as pure rules: numbers, batches, what is sent again in a new
// session, and what has to end because its fate is unknown.
//
//     add ──▶ unsent ──first sending: a number──▶ sent ──answer──▶ end
//                                                  │ ▲
//                                                  └─┘ in every new session whose broker still knows this client
//
// A broker that was restarted, or that this client has left for too long, does not know the client any more. In a new
// session with it, sent operations end with Errc::disconnected, but for the harmless ones, which are sent again. Unsent
// ones are sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/session/conversation.h"
#include "client/session/effects.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class Operations {
 public:
  explicit Operations(Effects& effects) : effects_{effects} {}

  // See OperateObject (requests.h). Ends at once with too_many_waiting when limits::kMaxOperations are unanswered, and
  // with message_too_large when its values are more than one message holds.
  void add(proto::Operation operation, bool harmless, Cookie cookie);
  // See GiveUp (requests.h).
  void give_up(Cookie cookie);
  void handle(proto::Operated& message);
  // kept: the broker knows the operations of the session before.
  void new_session(bool kept);
  void end_all(Errc code, const std::string& text);

  // Sends what was not sent in this session, in the order of the numbers, and confirms answers.
  void flush(Instant now, Conversation& conversation);
  // Tells the broker which answers have arrived, if it does not know.
  void confirm(Instant now, Conversation& conversation);

 private:
  struct Entry {
    proto::Operation operation;
    Cookie cookie = 0;
    bool harmless = false;
    bool given_up = false;
  };
  class Batches;

  std::size_t size() const { return unsent_.size() + sent_.size(); }
  // Every operation with a smaller number has its answer.
  std::uint64_t watermark() const { return sent_.empty() ? last_number_ + 1 : sent_.begin()->first; }
  std::vector<proto::Operate> messages();
  void add_confirmation(proto::Operate& message);
  void collect_ranges();

  Effects& effects_;
  std::deque<Entry> unsent_;
  std::map<std::uint64_t, Entry> sent_;      // by number; not answered
  std::deque<std::uint64_t> again_;          // numbers in `sent_` that were not sent in this session yet
  std::vector<std::uint64_t> out_of_order_;  // answered while an older one was not, and not confirmed yet
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;  // the same, as ranges; more than one message holds
  bool confirm_all_ = false;  // confirmations may have been lost: confirm everything that is not in `sent_`
  std::uint64_t last_number_ = 0;
  std::size_t unconfirmed_ = 0;
};

// Whether an operation that is done twice leaves the object as if it had been done once.
bool harmless_twice(proto::Verb verb, proto::ObjectKind kind);

}  // namespace forkmill::client
