// History: how far the broker's store had come, as the broker has acknowledged it to this client.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "proto/clock.h"
#include "proto/mutants.h"
#include "proto/session/succession.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class History {
 public:
  // has_standbys: other brokers may take over.
  explicit History(bool has_standbys) : has_standbys_{has_standbys} {}

  // Verdict about a broker that has welcomed this client.
  enum class Verdict : std::uint8_t {
    stay,      // use the session
    deposed,   // leave the session: another broker has taken over
    returned,  // use the session: the broker began earlier than the one before, and has all that this client knows of
    lost,      // the broker has the same store at an earlier commit than it had acknowledged: refuse it
  };
  Verdict judge(const proto::Welcome& welcome, proto::Instant now) {
    const bool is_short = welcome.store == store_ && welcome.commit < commit_;
    if (is_short && !has_standbys_) return Verdict::lost;
    // A client that knows of one endpoint looks for a later broker too: there may be several behind one address.
    const bool is_noticed = is_short || !proto::mutant(proto::Mutant::client_stays_with_deposed);
    const bool is_earlier = is_noticed && succession_.is_earlier(welcome);
    if (is_earlier && succession_.is_deposed(welcome, now)) return Verdict::deposed;
    if (is_short) return Verdict::lost;
    return is_earlier ? Verdict::returned : Verdict::stay;
  }
  // Returns what users should know of the store of a broker with which this client stays; empty: nothing.
  std::string warning_about(const proto::Welcome& welcome) const {
    if (!has_standbys_ || store_.empty() || welcome.store == store_) return {};
    return "the broker has store '" + welcome.store + "', and the one before had '" + store_ +
           "', whose tasks it does not know: are all endpoints those of one cluster?";
  }
  // Whether a deposed broker has been met, and none since with which this client stays.
  bool has_met_deposed() const { return succession_.has_met_earlier(); }
  void begin(const proto::Welcome& welcome) {
    store_ = welcome.store;
    commit_ = welcome.commit;
    succession_.begin(welcome);
  }
  void acknowledged(proto::CommitSeq commit) { commit_ = std::max(commit_, commit); }
  proto::CommitSeq commit() const { return commit_; }

 private:
  const bool has_standbys_;
  std::string store_;
  proto::CommitSeq commit_;  // the highest in `store_`
  proto::Succession succession_;
};

}  // namespace forkmill::client
