// CommitQueue: the store's thread of one broker (broker/store/group_commit_thread.h) and the messages that wait for it.
// Commits take time; a crash loses the ones that are not done, or leaves some done and not acknowledged.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "broker/core/core.h"
#include "broker/core/held_sends.h"
#include "tests/sim/nodes/broker_clock.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/nodes/storage.h"

namespace forkmill::sim {

class CommitQueue {
 public:
  struct Owner {
    std::function<void(broker::Send&)> send;
    // The store has failed: calls end().
    std::function<void(const proto::Failure&)> store_failed;
  };
  // The store is `storage`'s, and holds commit `last`. `at_next_commit` is called once while a commit is under way.
  CommitQueue(World& world, Storage& storage, broker::Core& core, const BrokerClock& clock, Pulse& pulse,
              std::function<void()>& at_next_commit, proto::CommitSeq last, Owner owner);

  // Takes the effects of a round: sends what is safe, keeps the rest until its commit, and gives the store its jobs.
  void take(broker::Effects effects);
  // Tells the core whether the disk is full, and looks again until there is room.
  void look_for_room();
  // Nothing reaches the store until then.
  void cut_off(Instant until) { cut_off_until_ = std::max(cut_off_until_, until); }
  // The broker stops in order: does all jobs. Returns false if the store failed.
  bool finish();
  // The broker crashes: some of the jobs under way may have reached the disk.
  void die();
  // Does nothing more: the broker has ended.
  void end() { *alive_ = false; }

 private:
  struct Commit {
    std::vector<broker::StoreOp> ops;
    proto::CommitSeq number;
  };
  using Job = std::variant<Commit, broker::StoreRequest>;

  void serve_later();
  void serve_from(Instant from);
  void serve_some();
  bool serve(std::size_t jobs);
  proto::Status serve(std::size_t jobs, proto::CommitSeq& last, std::vector<broker::StoreAnswer>& answers);
  void release() { held_.release(committed_, owner_.send); }

  World& world_;
  Storage& storage_;
  broker::Core& core_;
  const BrokerClock& clock_;
  Pulse& pulse_;
  std::function<void()>& at_next_commit_;
  Owner owner_;
  std::deque<Job> jobs_;
  proto::CommitSeq committed_;
  broker::HeldSends held_;
  bool serving_ = false;
  Instant cut_off_until_{0};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once the broker has ended
};

}  // namespace forkmill::sim
