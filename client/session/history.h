// History: how far the broker's store had come, as the broker has acknowledged it to this client.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "proto/clock.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class History {
 public:
  // has_standbys: other brokers may take over.
  explicit History(bool has_standbys) : has_standbys_{has_standbys} {}

  // Whether the broker has come back with the same store at an earlier commit than it had acknowledged.
  bool is_longer_than(const proto::Welcome& welcome) const {
    return !store_.empty() && welcome.store == store_ && welcome.commit < commit_;
  }
  // Whether such a broker may be one from which another has taken over, and which does not know yet: it began earlier
  // than the broker that this client had last. If it stays that way for a minute, the store itself is an old one.
  bool may_be_deposed(const proto::Welcome& welcome, proto::Instant now) {
    constexpr std::chrono::minutes kPatience{1};
    if (!older_since_) older_since_ = now;
    return has_standbys_ && welcome.epoch < epoch_ && now < *older_since_ + kPatience;
  }
  // Whether a broker with an older history has been met, and none with this one since.
  bool has_met_older() const { return older_since_.has_value(); }
  void begin(const proto::Welcome& welcome) {
    store_ = welcome.store;
    epoch_ = welcome.epoch;
    commit_ = welcome.commit;
    older_since_.reset();
  }
  void acknowledged(proto::CommitSeq commit) { commit_ = std::max(commit_, commit); }
  proto::CommitSeq commit() const { return commit_; }

 private:
  const bool has_standbys_;
  std::string store_;
  proto::Epoch epoch_;       // the latest start of a broker
  proto::CommitSeq commit_;  // the highest in `store_`
  std::optional<proto::Instant> older_since_;
};

}  // namespace forkmill::client
