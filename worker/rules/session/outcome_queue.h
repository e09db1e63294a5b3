// OutcomeQueue: outcomes on their way to the broker. Each is kept until the broker has acknowledged it, and is sent
// again in the next session. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_set>
#include <utility>
#include <vector>

#include "proto/wire/messages.h"

namespace forkmill::worker {

class OutcomeQueue {
 public:
  void push(proto::OutcomeRecord&& record) { unsent_.push_back(std::move(record)); }

  // Returns all outcomes that are not sent. Keep them, by message, once they have been sent.
  std::vector<proto::OutcomeRecord> pop_unsent() {
    auto popped = std::exchange(unsent_, {});
    unsent_.reserve(std::min(popped.size(), proto::limits::kBatchTasks));  // the next ones will be as many
    return popped;
  }
  void keep(proto::MessageSeq seq, std::vector<proto::OutcomeRecord> sent);
  void acknowledge(const proto::MessageSeqs& messages);

  // Call when a new session begins: outcomes that were sent in the one before are sent again, first.
  void send_all_again();
  // Drops the outcomes of these grants that are not sent.
  void forget(const std::unordered_set<proto::Grant>& grants);
  // Appends the grants of all unsent outcomes.
  void list_unsent(std::vector<proto::Grant>& grants) const;

  // How many outcomes the broker has not acknowledged.
  std::size_t size() const;

 private:
  struct Sent {
    proto::MessageSeq seq;
    std::vector<proto::OutcomeRecord> outcomes;
  };
  std::vector<proto::OutcomeRecord> unsent_;
  std::deque<Sent> sent_;
};

// Returns the outcomes from `begin` on that one message should carry, and sets `begin` to the next one. All of them at
// once are moved as a whole.
std::vector<proto::OutcomeRecord> next_batch(std::vector<proto::OutcomeRecord>& outcomes, std::size_t& begin);

}  // namespace forkmill::worker
