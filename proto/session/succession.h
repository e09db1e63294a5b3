// Succession: the brokers that a peer has had on one store, each of which began later than the one before, and so under
// a higher epoch. A broker of a lower epoch was deposed: another one has taken over, which a broker does not notice
// while it is cut off from its database. Clients and workers share the rule; each has one for each of its shards. Pure:
// time is a parameter.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/wire/session_messages.h"

namespace forkmill::proto {

class Succession {
 public:
  // How long a peer looks for a later broker. The store itself is an old one, such as a backup that was restored, if
  // none is found for as long.
  static constexpr Instant kPatience = std::chrono::minutes{1};
  // How much of that passes at most from one meeting with an earlier broker to the next one. After a longer time, the
  // network was away, and the later broker could not have been found.
  static constexpr Instant kLongestStep = std::chrono::seconds{10};

  // Returns whether the broker began before one that this peer has had on the same store.
  bool is_earlier(const Welcome& welcome) const { return welcome.store == store_ && welcome.epoch < latest_; }
  // Call at each meeting with a broker. Returns whether to leave an earlier one for the one that has taken over. False:
  // none was found for kPatience.
  bool is_deposed(const Welcome& welcome, Instant now) {
    if (!is_earlier(welcome)) return false;
    if (met_earlier_) looked_for_ += std::min(now - *met_earlier_, kLongestStep);
    met_earlier_ = now;
    return looked_for_ < kPatience;
  }
  // Whether an earlier broker has been met, and no later one since.
  bool has_met_earlier() const { return met_earlier_.has_value(); }
  // Texts about a broker that the peer leaves, and about an earlier one with which it stays, for users.
  static constexpr const char* kTextOfDeposed = "the broker does not know yet that another one has taken over";
  static std::string text_of_return(const Welcome& welcome) {
    return "goes on with a broker that began earlier than the one before, as no other one of store '" + welcome.store +
           "' was found: was a backup restored?";
  }
  // Call when the peer has a session with the broker and stays.
  void begin(const Welcome& welcome) {
    store_ = welcome.store;
    latest_ = welcome.epoch;
    met_earlier_.reset();
    looked_for_ = Instant{0};
  }

 private:
  std::string store_;  // empty: no broker yet
  Epoch latest_;
  std::optional<Instant> met_earlier_;  // for the last time
  Instant looked_for_{0};               // how long the peer has looked for a later broker
};

}  // namespace forkmill::proto
