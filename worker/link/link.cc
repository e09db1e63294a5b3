#include "worker/link/link.h"

#include <signal.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "proto/os/output/logging.h"
#include "proto/os/real_env.h"
#include "proto/os/signals_blocked.h"
#include "proto/os/waiter.h"
#include "proto/os/wakeup.h"
#include "proto/text.h"
#include "proto/transport/dealer.h"
#include "worker/ipc/bell.h"
#include "worker/link/broker_sockets.h"
#include "worker/link/child_rings.h"
#include "worker/link/identity.h"
#include "worker/link/link_log.h"
#include "worker/link/process_report.h"
#include "worker/link/supervisor_requests.h"
#include "worker/os/reaping.h"
#include "worker/rules/foreman.h"
#include "worker/rules/scaling/pool_bounds.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

enum Tag : std::uint64_t { kBell, kControl, kBroker };

constexpr proto::Instant kRetryControl = 20ms;  // while the supervisor has no room for a message
constexpr proto::Instant kRetryLog = 100ms;     // while the log is not read

class Link {
 public:
  explicit Link(LinkSetup setup);
  int run();

 private:
  void report();
  void read_children();
  void read_child(RingChild& child);
  void hear(proto::Instant now, RingChild& child, const ChildMessage& message);
  void read_supervisor();
  void handle(ControlMessage message);
  void handle_spawn(const ControlFacts& facts, proto::Descriptor shared_area);
  void handle_death(const ControlFacts& facts, std::string output);
  void handle_output(const ControlFacts& facts, std::string_view text);
  void stop();
  int end_without_supervisor();

  bool carry_out(const Effects& effects);
  void carry_out(const PoolRequest& request);
  void wait();

  static proto::Instant now() { return proto::RealEnv::steady(); }

  LinkSetup setup_;
  LinkLog log_;
  proto::RealEnv env_;
  proto::Waiter waiter_;
  ChildRings rings_;
  Foreman foreman_;
  BrokerSockets brokers_;
  ReportTimer report_timer_;
  bool stopped_ = false;  // told to end at once
};

Link::Link(LinkSetup setup)
    : setup_{std::move(setup)},
      log_{setup_.options},
      rings_{setup_.options.attempt_spans},
      foreman_{config_of(setup_), hello_of(setup_), env_.random(), rings_},
      brokers_{setup_.options, foreman_, log_, waiter_, kBroker} {
  waiter_.add(setup_.bell, kBell);
  waiter_.add(setup_.control.fd(), kControl);
}

int Link::run() {
  for (;;) {
    brokers_.read(now());
    read_children();
    read_supervisor();
    if (setup_.control.closed()) return end_without_supervisor();
    if (report_timer_.pop_due(now())) report();
    foreman_.tick(now());
    foreman_.flush(now());
    const bool accepted = carry_out(foreman_.take_effects());
    log_.session(foreman_.sessions().all_established(), now());
    rings_.flush();
    setup_.control.flush();
    if (!accepted) return kLinkRefused;
    if (foreman_.finished(now())) break;
    wait();
  }
  const bool all_delivered = foreman_.sessions().unacknowledged() == 0;
  // After an immediate stop the outcomes have just been sent: no acknowledgement is waited for.
  if (!all_delivered && !stopped_)
    log_.logger().error("the broker has not acknowledged {}",
                        proto::format_count(foreman_.sessions().unacknowledged(), "outcome"));
  return foreman_.attempts().empty() && all_delivered ? 0 : 1;
}

void Link::report() {
  const proto::Report& report =
      foreman_.outbox().report.emplace(report_processes(setup_, env_.now(), rings_, foreman_));
  if (follows_load(setup_.options)) foreman_.handle(room_for_children(report));
}

// ---- Input ----------------------------------------------------------------------------------------------------------

void Link::read_children() {
  for (auto& [slot, child] : rings_.all()) read_child(child);
}

void Link::read_child(RingChild& child) {
  if (child.end.damaged()) return;
  const auto at = now();
  while (const auto message = child.end.receive()) {
    if (const auto* line = std::get_if<ChildLog>(&*message)) log_.handler(foreman_.attempts(), *line);
    hear(at, child, *message);
    if (std::holds_alternative<ChildBorn>(*message)) report_timer_.hasten(at);
  }
  if (!child.end.damaged()) return;
  log_.logger().error("child {} has damaged the memory that it shares with the link; it is killed", child.pid);
  setup_.control.send(message_of(SignalRequest{child.key, SIGKILL, true}));
}

void Link::hear(proto::Instant now, RingChild& child, const ChildMessage& message) {
  const auto* result = std::get_if<ChildResult>(&message);
  if (result != nullptr && result->leaving == Leaving::descriptors)
    log_.lost_descriptors(foreman_.attempts(), child.pid, result->serial);
  foreman_.handle(now, child.key, message);
}

void Link::read_supervisor() {
  while (auto message = setup_.control.receive()) handle(std::move(*message));
}

void Link::handle(ControlMessage message) {
  const ControlFacts& facts = message.facts;
  switch (facts.kind) {
    case ControlKind::spawned:
      return handle_spawn(facts, std::move(message.shared_area));
    case ControlKind::died:
      return handle_death(facts, std::move(message.output));
    case ControlKind::drain:
      return foreman_.drain(now(), now() + setup_.options.drain_timeout);
    case ControlKind::stop:
      return stop();
    case ControlKind::printed:
      return handle_output(facts, message.output);
    case ControlKind::gone:
      return foreman_.outbox().deaths.add(static_cast<std::uint32_t>(facts.pid));
    case ControlKind::kill:
    case ControlKind::signal:
    case ControlKind::fork:
    case ControlKind::leave:
    case ControlKind::scale:
      return;  // sent by the link only
  }
}

void Link::handle_spawn(const ControlFacts& facts, proto::Descriptor shared_area) {
  if (!shared_area) {
    log_.logger().error("no descriptor is left for the memory that child {} shares with the link; the child is killed",
                        facts.pid);
    return setup_.control.send(message_of(SignalRequest{facts.child, SIGKILL, true}));
  }
  RingChild* child = nullptr;
  try {
    child = &rings_.add(facts.child, facts.pid, SharedArea::map(shared_area.get()));
  } catch (const std::system_error& error) {
    log_.logger().error("{}; child {} is killed", error.what(), facts.pid);
    return setup_.control.send(message_of(SignalRequest{facts.child, SIGKILL, true}));
  }
  foreman_.spawned(facts.child, static_cast<std::uint32_t>(facts.pid));
  // The child may have been born before its ring was known here, without a bell: its messages are read now, and from
  // now on it rings.
  read_child(*child);
}

void Link::handle_death(const ControlFacts& facts, std::string output) {
  ChildDeath death{facts, std::move(output), {}};
  RingChild* child = facts.pid == 0 ? nullptr : rings_.find(facts.child);
  if (child == nullptr) return foreman_.handle(now(), death);  // the child was never forked, or never known here
  read_child(*child);                                          // last messages
  log_.death(facts);
  death.started = child->end.started();
  foreman_.handle(now(), death);
  rings_.remove(facts.child);
  report_timer_.hasten(now());
}

void Link::handle_output(const ControlFacts& facts, std::string_view text) {
  // The ring has by now all that the child said before it printed this.
  if (RingChild* child = rings_.find(facts.child)) read_child(*child);
  foreman_.handle(facts.child, ChildOutput{facts.errors != 0, facts.from, text});
}

void Link::stop() {
  stopped_ = true;
  read_children();  // results that were ready
  foreman_.stop(now());
}

// The supervisor was killed. Its children die with it; what they started must not stay behind, and the broker need not
// wait until this worker has been silent for long.
int Link::end_without_supervisor() {
  log_.logger().critical("the supervisor has died: all processes of this worker end");
  std::vector<pid_t> sessions;
  for (const auto& [slot, child] : rings_.all()) sessions.push_back(child.pid);
  kill_sessions(sessions);
  stop();
  carry_out(foreman_.take_effects());
  return 1;
}

// ---- Output ---------------------------------------------------------------------------------------------------------

// False: the broker will never take this worker.
bool Link::carry_out(const Effects& effects) {
  for (const auto& assignment : effects.assignments)
    rings_.assign(assignment, foreman_.attempts().at(assignment.head.serial).task);
  for (const auto& request : effects.stops) rings_.request_stop(request);
  carry_out(effects.pool);
  for (const auto& request : effects.signals) setup_.control.send(message_of(request));
  for (const auto& request : effects.forks) setup_.control.send(message_of(request));
  brokers_.carry_out(effects);
  for (const auto& welcome : effects.welcomes) report_timer_.begin_session(now(), welcome.heartbeat);
  log_.broker(effects);
  return !effects.refused;
}

void Link::carry_out(const PoolRequest& request) {
  if (request.children != 0) {
    log_.logger().info("{} {}", request.by_load ? "the load of the pool asks for" : "an operator has ordered",
                       proto::format_count(request.children, "child"));
    setup_.control.send(scale_message(request.children));
  }
  if (!request.drain) return;
  log_.logger().info("an operator has ordered a {}", request.restart ? "restart" : "drain");
  setup_.control.send(leave_message(request.restart));
}

// ---- Waiting --------------------------------------------------------------------------------------------------------

void Link::wait() {
  if (brokers_.is_pending()) return;
  if (rings_.doze()) {
    auto next = std::min({foreman_.next_wakeup(), report_timer_.next_wakeup(), log_.next_wakeup()});
    if (proto::flush_log(log_.logger())) next = std::min(next, now() + kRetryLog);
    const auto timeout = std::max(next - now(), proto::Instant{0});
    for (const auto tag : waiter_.wait(setup_.control.congested() ? std::min(timeout, kRetryControl) : timeout)) {
      if (tag == kBell) Bell::clear(setup_.bell);
    }
  }
  rings_.wake();
}

}  // namespace

int run_link(LinkSetup setup) {
  // Stopping is decided by the supervisor: a signal to the whole process group must not end the link before its time.
  proto::block_signals();
  const int code = Link{std::move(setup)}.run();
  proto::finish_sending();
  return code;
}

}  // namespace forkmill::worker
