// WorkerNode: the rules of a worker (worker/rules/foreman.h) in a simulated link (worker/link/), with simulated
// children.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/sim/nodes/child_pool.h"
#include "tests/sim/nodes/line.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/rules/credit.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/spin_watch.h"
#include "worker/rules/foreman.h"

namespace forkmill::sim {

class WorkerNode {
 public:
  // Makes a client that lives in that process of that worker; null: there are enough.
  using Settler = std::function<ClientNode*(const std::string& name, std::uint64_t worker, std::uint32_t pid)>;
  WorkerNode(World& world, Network& network, History& history, std::size_t number, Settler settler);

  bool up() const { return line_.up(); }
  void start();
  // Ends the link and all children. start() begins the next life.
  void crash();
  // Ends the worker when its tasks have ended. Another life begins after a while.
  void drain();
  // The link stands still until then, or the children as well.
  void pause(Instant until, bool children_too);
  Line& line() { return line_; }

 private:
  void round();
  void handle(Line::Event event);
  // Forgets the time limit of one attempt among the grants, which then hangs.
  void overhear_timeout(proto::Grants& grants);
  void report();
  void carry_out();
  void carry_out(const worker::PoolRequest& request);
  bool send(const proto::Envelope& envelope);
  void welcomed(const proto::Welcome& welcome);
  void disturbed(Instant until) { in_reach_since_ = std::max(in_reach_since_, until); }
  void note(std::string_view text) { world_.trace.note(world_.now(), line_.name(), text); }

  World& world_;
  History& history_;
  std::size_t number_;
  worker::ForemanConfig config_;
  Pulse pulse_;
  Line line_;
  ChildPool pool_;
  std::unique_ptr<worker::Foreman> foreman_;
  std::uint64_t instance_ = 0;
  Instant in_reach_since_{0};  // connected to a broker without a fault since then
  Instant report_at_{0};
  Credit credit_;
  SpinWatch spin_;
  bool worked_ = false;  // since the last round began
};

}  // namespace forkmill::sim
