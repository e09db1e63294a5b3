// BrokerWorld: a broker's core over a memory store, and peers that say anything that an input tells them to: true
// messages made of what the broker has told them, messages made from the schema alone, and bytes. The simulator's
// audits (tests/sim/audits/state_audit.h, object_audit.h) check the state after every round. Messages that the broker
// sends must be readable, what it stores must make sense, and a broker without input must come to rest.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <variant>
#include <vector>

#include "broker/core/core.h"
#include "broker/store/memory_store.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/filler.h"
#include "tests/sim/audits/object_audit.h"
#include "tests/sim/audits/state_audit.h"

namespace forkmill::fuzz {

class BrokerWorld {
 public:
  explicit BrokerWorld(Feed& feed);

  // Does the next thing that the input tells.
  void step();
  // Shuts the broker down, and starts it once more on what is stored.
  void end();

 private:
  struct Peer {
    proto::PeerId id;
    proto::SessionId session;
    std::uint64_t said = 0;
    std::uint64_t last_op = 0;
    bool worker = false;
    std::vector<proto::Grant> granted;
    proto::MessageSeqs heard;
  };

  void start();
  void crash();

  // ---- What peers do
  void connect(Peer& peer, bool worker);
  void submit(Peer& peer);
  void operate(Peer& peer);
  void work(Peer& peer);
  void acknowledge(Peer& peer);
  void say_anything(Peer& peer);
  void say_bytes(Peer& peer);
  void say(Peer& peer, proto::Message message);

  // ---- The broker's surroundings
  void round();
  void carry_out(broker::Effects effects);
  void note(const broker::StoreOp& op);
  void serve(std::size_t jobs);
  void send_held();
  void send(const broker::Send& one);
  void pass(proto::Instant time);
  void come_to_rest();
  proto::SessionId fresh() { return proto::SessionId{++last_session_ * 0x9E3779B97F4A7C15ULL | 1}; }

  Feed& feed_;
  Palette palette_;
  broker::CoreOptions options_;
  sim::World world_;
  sim::ObjectHistory object_history_;
  sim::StateAudit state_audit_;
  sim::ObjectAudit object_audit_;
  proto::Now now_{std::chrono::hours{1}, proto::milliseconds{1'700'000'000'000}};

  std::unique_ptr<broker::MemoryStore> store_;
  std::unique_ptr<broker::Core> core_;
  std::vector<Peer> peers_;
  std::uint64_t last_peer_ = 0;
  std::uint64_t last_session_ = 0;
  std::vector<std::uint64_t> objects_;

  struct Commit {
    std::vector<broker::StoreOp> ops;
    proto::CommitSeq number;
  };
  std::deque<std::variant<Commit, broker::StoreRequest>> jobs_;
  std::deque<broker::Send> held_;
  proto::CommitSeq committed_;
  // Members of the broker's current life
  proto::TaskSeq last_put_;
  std::set<proto::TaskSeq> finished_;
};

}  // namespace forkmill::fuzz
