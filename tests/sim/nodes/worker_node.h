// WorkerNode: the rules of a worker (worker/rules/foreman.h) behind a simulated link, and a simulated supervisor that
// starts children and their successors.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/nodes/child.h"
#include "tests/sim/nodes/network.h"
#include "tests/sim/rules/history.h"
#include "worker/rules/foreman.h"
#include "worker/rules/restart_backoff.h"

namespace forkmill::sim {

class WorkerNode final : public Endpoint, public worker::Rings, public ChildOwner {
 public:
  // Makes a client that lives in process `pid` of that worker; null: there are enough.
  using Settler = std::function<ClientNode*(const std::string& name, std::uint64_t worker, std::uint32_t pid)>;
  WorkerNode(World& world, Network& network, History& history, std::size_t number, Settler settler);

  void start();
  void crash();
  // Drains: the worker leaves when it has finished, and comes back after a while.
  void drain();
  void cut();
  void block(Instant until);
  void hollow(bool up, bool down);
  void set_clock(milliseconds skew) { skew_ = skew; }
  // Pauses the link alone, or its children as well.
  void pause(Instant until, bool children_too);
  bool up() const { return foreman_ != nullptr; }

  void link_up() override;
  void link_down() override;
  void arrived(proto::Envelope envelope) override;
  std::string_view name() const override { return name_; }

 private:
  struct Slot {
    std::unique_ptr<Child> child;
    std::uint64_t generation = 0;
    worker::RestartBackoff restart_backoff;
  };
  struct Event {
    enum { up, down, message } kind;
    proto::Envelope envelope;
  };

  // Rings
  bool revoke(worker::ChildKey child, std::uint64_t serial) override;
  bool condemn(worker::ChildKey child, std::uint64_t serial) override;

  // ChildOwner
  void rang() override { soon(); }
  void died(const worker::ControlFacts& facts) override;
  Instant stopped_until() const override { return children_stopped_until_; }
  Instant in_reach_since() const override { return std::max(in_reach_since_, paused_until_); }
  ClientNode* settle_in(const Child& child) override { return settler_(name_, instance_, child.pid()); }

  proto::Hello hello();
  void spawn(std::uint32_t slot);
  void spawn_process(std::uint32_t slot);
  void disturbed(Instant until) { in_reach_since_ = std::max(in_reach_since_, until); }
  void say_how_they_do();
  Child* child(worker::ChildKey key);
  void soon() { alarm_.set_earlier(std::max(world_.now() + world_.drag(world_.options.slow.worker), paused_until_)); }
  void settle();
  void read_broker();
  void read_children();
  void read_child(Child& child);
  void bury();
  void check_credit(const proto::Envelope& envelope);
  // Carry out the effects of the foreman.
  void carry_out(const worker::Effects& effects);
  void assign(const worker::Assignment& assignment);
  void fork(std::uint32_t slot);
  void send(const proto::Envelope& envelope);
  void welcomed(const proto::Welcome& welcome);
  void leave();

  World& world_;
  Network& network_;
  History& history_;
  std::size_t number_;
  std::string name_;
  Alarm alarm_;
  worker::ForemanConfig config_;
  std::unique_ptr<worker::Foreman> foreman_;
  std::map<std::uint32_t, Slot> slots_;  // the slots of the pool, and those of processes beyond it
  std::unique_ptr<Network::Link> link_;
  std::deque<Event> inbox_;
  std::deque<worker::ControlFacts> deaths_;
  Instant paused_until_{0};
  milliseconds skew_{0};
  Instant children_stopped_until_{0};
  Settler settler_;
  std::uint64_t instance_ = 0;
  std::uint32_t last_pid_ = 0;
  Instant in_reach_since_{0};
  Instant report_at_{0};
  std::uint64_t lives_ = 0;  // how often the worker was started
  std::size_t idle_rings_ = 0;

  proto::SessionId session_;
  std::uint64_t credit_said_ = 0;  // the highest of this session
  std::uint64_t granted_ = 0;
};

}  // namespace forkmill::sim
