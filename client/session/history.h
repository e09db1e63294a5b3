// History: how far the broker's store had come, as the broker has acknowledged it to this client.
#pragma once

#include <algorithm>
#include <string>

#include "proto/wire/messages.h"

namespace forkmill::client {

class History {
 public:
  // Whether the broker has come back with the same store at an earlier commit than it had acknowledged.
  bool is_longer_than(const proto::Welcome& welcome) const {
    return !store_.empty() && welcome.store == store_ && welcome.commit < commit_;
  }
  void begin(const proto::Welcome& welcome) {
    store_ = welcome.store;
    commit_ = welcome.commit;
  }
  void acknowledged(proto::CommitSeq commit) { commit_ = std::max(commit_, commit); }
  proto::CommitSeq commit() const { return commit_; }

 private:
  std::string store_;
  proto::CommitSeq commit_;  // the highest in `store_`
};

}  // namespace forkmill::client
