// BrokerNode: the broker's core, its store and what broker/loop.h does between them and the network. Commits take time,
// as they do on a disk; a crash loses the commits that are not done, or leaves some of them done and unacknowledged. A
// broker whose store fails is down, and comes back after a while.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/core.h"
#include "broker/core/held_sends.h"
#include "tests/sim/audits/audit.h"
#include "tests/sim/audits/object_audit.h"
#include "tests/sim/audits/retention_audit.h"
#include "tests/sim/audits/retry_audit.h"
#include "tests/sim/audits/turns_audit.h"
#include "tests/sim/nodes/network.h"
#include "tests/sim/nodes/storage.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

class BrokerNode final : public Hub {
 public:
  BrokerNode(World& world, Network& network, History& history, const ObjectHistory& objects);

  void start();
  void crash();
  // Stops in order: sends GOODBYE to all peers and commits everything.
  void stop();
  // Calls `what` while the next commit is under way: a crash matters most then.
  void at_next_commit(std::function<void()> what) { at_next_commit_ = std::move(what); }
  // Does nothing until `until`; messages that arrive wait.
  void pause(Instant until);
  // Sets the wall clock `skew` off.
  void set_clock(milliseconds skew);

  // Other programs fill the disk until `until`.
  void crowd_disk(Instant until);
  // The disk does not fail any more.
  void mend_disk() { storage_.mend(); }

  bool up() const { return core_ != nullptr; }
  bool idle() const { return up() && Audit::idle(core_->state()); }
  // Checks that no named object is held; call when every client has released what it held. Throws Violation.
  void check_nothing_held() const { ObjectAudit::nothing_held(*core_); }
  // Describes the tasks that are not finished, for people.
  std::string unfinished() const;

  void arrived(proto::PeerId peer, proto::Envelope envelope) override;

 private:
  proto::Now both() const { return world_.both(skew_); }
  Instant soon() const;
  void round();
  void look_for_spin(bool worked);
  void carry_out(broker::Effects effects);
  void check_answers(const std::vector<broker::Send>& sends);
  void asked(proto::PeerId peer, const proto::Envelope& envelope);
  bool recover(const broker::Store::Identity& identity);
  void go_down(bool orderly);
  void store_failed(const proto::Failure& failure);
  void look_for_room();
  void prepare();
  void serve_later();
  void serve(std::size_t jobs);
  proto::Status serve(std::size_t jobs, proto::CommitSeq& last, std::vector<broker::StoreAnswer>& answers);
  void send(broker::Send& one);

  World& world_;
  Network& network_;
  History& history_;
  Audit audit_;
  ObjectAudit object_audit_;
  RetryAudit retry_audit_;
  RetentionAudit retention_audit_;
  TurnsAudit turns_audit_;
  Alarm alarm_;
  Instant last_round_{0};
  std::size_t idle_rounds_ = 0;
  Storage storage_{world_};
  broker::Store* store_ = nullptr;
  std::unique_ptr<broker::Core> core_;
  std::uint64_t starts_ = 0;
  Instant paused_until_{0};
  milliseconds skew_{0};
  struct Incoming {
    proto::PeerId peer;
    proto::Envelope envelope;
  };
  std::deque<Incoming> inbox_;
  struct Asked {
    std::variant<proto::Query, proto::Command> what;
    broker::ClientHandle client;
  };
  std::map<std::pair<proto::PeerId, std::uint64_t>, Asked> asked_;
  // The commands that were answered, by client. The broker carries out a repeated command once while it knows the
  // client.
  std::map<broker::ClientHandle, std::vector<proto::Command>> answered_;
  // The jobs that the store's thread still has to do, in this order.
  struct Commit {
    std::vector<broker::StoreOp> ops;
    proto::CommitSeq number;
  };
  std::deque<std::variant<Commit, broker::StoreRequest>> jobs_;
  bool serving_ = false;
  bool dying_ = false;  // crashing: the store's answers are dropped
  proto::CommitSeq committed_;
  broker::HeldSends held_;
  std::function<void()> at_next_commit_;
};

}  // namespace forkmill::sim
