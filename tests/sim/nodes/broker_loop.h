// BrokerLoop: one life of the broker: its core, and what the loop (broker/loop.h) does between the core, the store and
// the network. The audits see every round.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "broker/core/core.h"
#include "tests/sim/audits/audits.h"
#include "tests/sim/nodes/broker_clock.h"
#include "tests/sim/nodes/commit_queue.h"
#include "tests/sim/nodes/core_meter.h"
#include "tests/sim/nodes/network.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/nodes/storage.h"
#include "tests/sim/world/spin_watch.h"

namespace forkmill::sim {

class BrokerLoop final : public Hub {
 public:
  // The machine of the broker, which outlives it.
  struct Machine {
    World& world;
    Network& network;
    Audits& audits;
    Storage& storage;
    BrokerClock& clock;
    std::function<void()> at_next_commit;  // called once while a commit is under way
    // For a broker that has one shard of several:
    std::uint32_t shard = 1;
    std::uint32_t shards = 1;
    std::function<void(const proto::Envelope&)> arrives{};  // called before a message is handled; may be null
    std::function<void(const broker::Core&)> ends_round{};  // called after the audits of a round; may be null
    CoreMeter* meter = nullptr;                             // null: not measured
  };
  using StoreFailed = std::function<void(const proto::Failure&)>;
  // The store is open. When it fails, the loop calls `store_failed`, which calls end().
  BrokerLoop(Machine& machine, const broker::Store::Identity& identity, StoreFailed store_failed);

  // Loads what the store has.
  proto::Status recover();
  // Listens, and runs the first round soon.
  void begin();
  // Stands still until then.
  void pause(Instant until) { pulse_.stand_still(until); }
  // Does not reach its store until then, and answers its peers nevertheless.
  void cut_off(Instant until) { commits_.cut_off(until); }
  // Has no memory to spare until then.
  void fill_memory(Instant until);
  // Says GOODBYE to all peers and commits everything. Returns false if the store failed.
  bool shut_down();
  // Dies in the middle of the store's work.
  void die() { commits_.die(); }
  // Runs no more rounds. Pending events may still call this object.
  void end() {
    *alive_ = false;
    pulse_.stop();
    commits_.end();
  }

  const broker::Core& core() const { return core_; }
  void arrived(proto::PeerId peer, proto::Envelope envelope) override;

 private:
  struct Incoming {
    proto::PeerId peer;
    proto::Envelope envelope;
  };

  void round();
  // Returns what the core wants done after the messages of a round, of which there were `count`.
  broker::Effects handle_inbox(std::size_t& count);
  void carry_out(broker::Effects effects);
  void send(broker::Send& one);

  Machine& machine_;
  proto::CommitSeq recovered_;  // the last commit in the store
  broker::Core core_;
  Pulse pulse_;
  CommitQueue commits_;
  std::deque<Incoming> inbox_;
  Instant last_round_{0};
  SpinWatch spin_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // events may come after the end of the loop
};

}  // namespace forkmill::sim
