#include "worker/link.h"

#include <signal.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>
#include <utility>

#include "proto/check.h"
#include "proto/transport/dealer.h"
#include "proto/transport/descriptor.h"
#include "proto/transport/logging.h"
#include "proto/transport/processes.h"
#include "proto/transport/real_env.h"
#include "proto/transport/signals_blocked.h"
#include "proto/transport/waiter.h"
#include "proto/transport/wakeup.h"
#include "worker/ipc/link_end.h"
#include "worker/os/reaping.h"
#include "worker/rules/foreman.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

enum Tag : std::uint64_t { kBell, kControl, kBroker };

std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "unknown";
}

ForemanConfig config_of(const LinkSetup& setup, const std::string& name) {
  ForemanConfig config;
  for (const auto& task : setup.registry.all()) config.tasks.push_back({task.name, task.hash});
  config.slots = setup.options.processes;
  config.max_tasks_per_child = setup.options.max_tasks_per_child;
  config.kill_grace = setup.options.kill_grace;
  config.name = name;
  config.host = host_name();
  config.max_processes = setup.options.max_processes;
  return config;
}

proto::Hello hello_of(const LinkSetup& setup, const std::string& name) {
  proto::Hello hello;
  hello.instance = setup.instance;
  hello.role = proto::Role::worker;
  hello.name = name;
  hello.host = host_name();
  hello.pid = static_cast<std::uint32_t>(setup.supervisor);
  hello.software = "forkmill " FORKMILL_VERSION;
  hello.worker.queues = setup.options.queues;
  for (const auto& task : setup.registry.all()) hello.worker.tasks.push_back({task.name, task.signature});
  hello.worker.children = setup.options.processes;
  hello.worker.max_processes = setup.options.max_processes;
  return hello;
}

std::string name_of(const LinkSetup& setup) {
  if (!setup.options.name.empty()) return setup.options.name;
  return host_name() + "-" + std::to_string(setup.supervisor);
}

class Link final : private ForemanHands {
 public:
  explicit Link(LinkSetup setup)
      : setup_{std::move(setup)},
        log_{proto::make_logger("link", {setup_.options.log_level, setup_.options.log_format})},
        dealer_{setup_.options.broker},
        name_{name_of(setup_)},
        foreman_{config_of(setup_, name_), hello_of(setup_, name_), env_.random(), *this} {
    waiter_.add(setup_.bell, kBell);
    waiter_.add(setup_.control.fd(), kControl);
    waiter_.add(dealer_.fd(), kBroker);
  }

  int run() {
    for (;;) {
      read_broker();
      read_children();
      read_supervisor();
      if (setup_.control.closed()) return supervisor_gone();
      report();
      foreman_.settle(now());
      for (auto& [slot, child] : children_) child.end.flush();
      setup_.control.flush();
      if (foreman_.refusal()) {
        log_->critical("the broker refuses this worker: {}", *foreman_.refusal());
        return kLinkRefused;
      }
      if (foreman_.finished(now())) break;
      wait();
    }
    return foreman_.in_hand() == 0 ? 0 : 1;
  }

 private:
  struct Child {
    Child(ChildKey its_key, pid_t its_pid, SharedArea shared_area)
        : key{its_key}, pid{its_pid}, end{std::move(shared_area)} {}
    ChildKey key;
    pid_t pid;
    LinkEnd end;
    bool damaged = false;
  };

  proto::Instant now() { return env_.now().steady; }

  // ---- Input

  void read_broker() {
    while (const auto event = dealer_.link_event()) {
      switch (*event) {
        case proto::Dealer::LinkEvent::up:
          log_->debug("connected to {}", setup_.options.broker);
          foreman_.connected(now());
          break;
        case proto::Dealer::LinkEvent::down:
          log_->warn("the connection to {} broke; trying again", setup_.options.broker);
          foreman_.disconnected(now());
          break;
        case proto::Dealer::LinkEvent::stuck:
          log_->warn("{}: {}; trying again", setup_.options.broker, dealer_.why_stuck());
          break;
      }
    }
    while (const auto message = dealer_.receive()) {
      if (*message)
        foreman_.receive(now(), message->value());
      else
        log_->warn("a message from the broker makes no sense: {}", message->failure().text);
    }
  }

  void read_children() {
    for (auto& [slot, child] : children_) read_child(child);
  }

  void read_child(Child& child) {
    if (child.damaged) return;
    while (const auto message = child.end.receive()) {
      std::visit([&](const auto& one) { handle(child, one); }, *message);
    }
    if (!child.end.damaged()) return;
    log_->error("child {} has damaged the memory it shares with the link; it is ended", child.pid);
    child.damaged = true;
    kill(child.key, SIGKILL);
  }

  void handle(const Child& child, const ChildBorn&) {
    foreman_.child_born(now(), child.key);
    report_soon();
  }
  void handle(const Child& child, const ChildResult& result) { foreman_.result(now(), child.key, result); }
  void handle(const Child&, const ChildProgress& progress) {
    foreman_.progress(progress.serial, progress.fraction, progress.note);
  }
  void handle(const Child&, const ChildLog& log) { log_of_handler(log.serial, log.level, log.text); }

  void read_supervisor() {
    while (auto message = setup_.control.receive()) {
      const ControlFacts& facts = message->facts;
      switch (facts.kind) {
        case ControlKind::spawned:
          child_spawned(facts, std::move(message->shared_area));
          break;
        case ControlKind::died:
          child_died(facts, std::move(message->output));
          break;
        case ControlKind::drain:
          foreman_.drain(now(), now() + setup_.options.drain_timeout);
          break;
        case ControlKind::stop:
          stop();
          break;
        case ControlKind::gone:
          foreman_.process_gone(static_cast<std::uint32_t>(facts.pid));
          break;
        case ControlKind::kill:
        case ControlKind::signal:
        case ControlKind::fork:
          break;  // ours to send only
      }
    }
  }

  void child_spawned(const ControlFacts& facts, proto::Descriptor shared_area) {
    children_.erase(facts.child.slot);
    if (!shared_area) {
      log_->error("no descriptor is left for what child {} shares with the link; it is ended", facts.pid);
      return kill(facts.child, SIGKILL);
    }
    const auto made =
        children_.emplace(std::piecewise_construct, std::forward_as_tuple(facts.child.slot),
                          std::forward_as_tuple(facts.child, facts.pid, SharedArea::map(shared_area.get())));
    foreman_.child_spawned(facts.child, static_cast<std::uint32_t>(facts.pid));
    // It may have been born before we came to look: what it said is read now, and from now on it rings.
    read_child(made.first->second);
  }

  void child_died(const ControlFacts& facts, std::string output) {
    const auto found = children_.find(facts.child.slot);
    // It was never forked, or never known here.
    if (facts.pid == 0 || found == children_.end() || found->second.key != facts.child)
      return foreman_.child_died(now(), facts, std::move(output), [](std::uint64_t) { return false; });
    Child& child = found->second;
    read_child(child);  // its last words
    if (facts.signal != 0 && facts.at_birth == 0) {
      const auto level = facts.killed_by_us != 0 ? spdlog::level::info : spdlog::level::warn;
      log_->log(level, "child {} died of signal {}", facts.pid, facts.signal);
    }
    foreman_.child_died(now(), facts, std::move(output),
                        [&](std::uint64_t serial) { return child.end.started(serial); });
    children_.erase(found);
    report_soon();
  }

  // ---- What runs here, for people

  void report_soon() { report_at_ = std::min(report_at_, now() + kReportPause); }

  void report() {
    if (now() < report_at_) return;
    report_at_ = now() + report_every_;
    proto::Report report;
    const auto add = [&](pid_t pid, proto::ProcessRole role, const std::string& command) -> proto::ProcessRow* {
      auto row = proto::process_row(pid, role);
      if (!row) return nullptr;
      row->command = command;
      return &report.processes.emplace_back(std::move(*row));
    };
    add(setup_.supervisor, proto::ProcessRole::supervisor, "worker " + name_);
    add(::getpid(), proto::ProcessRole::link, "link");
    for (const auto& [slot, child] : children_) {
      const bool process = slot >= setup_.options.processes;
      auto* row = add(child.pid, process ? proto::ProcessRole::process : proto::ProcessRole::child, "idle");
      const auto* task = foreman_.task_of(slot);
      if (row == nullptr || task == nullptr) continue;
      row->grant = task->grant;
      row->command = task->label.empty() ? task->name : task->name + " " + task->label;
    }
    foreman_.report(now(), std::move(report));
  }

  void stop() {
    read_children();  // results that were ready
    for (const auto& [slot, child] : children_) foreman_.process_gone(static_cast<std::uint32_t>(child.pid));
    foreman_.stop(now());
  }

  // The supervisor was killed. Its children die with it; what they started must not stay behind, and the broker need
  // not wait for our silence to grow long.
  int supervisor_gone() {
    log_->critical("the supervisor is gone: everything ends");
    std::vector<pid_t> sessions;
    for (const auto& [slot, child] : children_) sessions.push_back(child.pid);
    kill_sessions(sessions);
    stop();
    return 1;
  }

  void log_of_handler(std::uint64_t serial, std::uint32_t level, std::string_view text) {
    constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
    const auto* task = foreman_.task(serial);
    if (task == nullptr) return;
    log_->log(kLevels[std::min<std::size_t>(level, kLevels.size() - 1)], "{} {}: {}", task->name, task->id.to_string(),
              text);
  }

  // ---- Waiting

  void wait() {
    if (dealer_.pending()) return;
    bool idle = true;
    for (auto& [slot, child] : children_) {
      if (!child.damaged) idle = child.end.doze() && idle;
    }
    if (idle) {
      const auto timeout = std::max(std::min(foreman_.next(), report_at_) - now(), proto::Instant{0});
      for (const auto tag : waiter_.wait(setup_.control.congested() ? std::min(timeout, kRetry) : timeout)) {
        if (tag == kBell) proto::Wakeup::clear(setup_.bell);
      }
    }
    for (auto& [slot, child] : children_) child.end.wake();
  }

  // ---- ForemanHands

  LinkEnd* end_of(ChildKey key) {
    const auto found = children_.find(key.slot);
    return found == children_.end() || found->second.key != key ? nullptr : &found->second.end;
  }

  void assign(ChildKey child, std::uint64_t serial, std::uint32_t handler, const proto::GrantedTask& task) override {
    LinkEnd* end = end_of(child);
    FORKMILL_CHECK(end != nullptr);
    TaskHead head{};
    head.serial = serial;
    head.epoch = task.grant.epoch.value();
    head.seq = task.grant.seq.value();
    head.attempt = task.grant.attempt.value();
    head.handler = handler;
    std::copy(task.id.bytes().begin(), task.id.bytes().end(), std::begin(head.id));
    end->send(head, task.queue, task.payload);
  }

  bool take_back(ChildKey child, std::uint64_t serial) override {
    LinkEnd* end = end_of(child);
    return end != nullptr && end->revoke(serial);
  }

  bool condemn(ChildKey child, std::uint64_t serial) override {
    LinkEnd* end = end_of(child);
    return end != nullptr && end->condemn(serial);
  }

  void request_stop(ChildKey child, std::uint64_t serial) override {
    if (LinkEnd* end = end_of(child)) end->request_stop(serial);
  }

  void kill(ChildKey child, int signal) override { ask_for(ControlKind::kill, child, signal); }
  void signal(ChildKey child, int signal) override { ask_for(ControlKind::signal, child, signal); }

  void ask_for(ControlKind kind, ChildKey child, int signal) {
    ControlMessage message;
    message.facts.kind = kind;
    message.facts.child = child;
    message.facts.signal = signal;
    setup_.control.send(std::move(message));
  }

  void fork(std::uint32_t slot, const proto::GrantedTask& task) override {
    ControlMessage message;
    message.facts.kind = ControlKind::fork;
    message.facts.child.slot = slot;
    message.facts.pid = static_cast<std::int32_t>(task.parent);
    message.facts.daemon = task.daemon ? 1 : 0;
    message.output = task.label;
    setup_.control.send(std::move(message));
  }

  void send(const proto::Envelope& envelope) override {
    // A socket that takes no more has a dead connection behind it; what must arrive is said again after the next HELLO.
    if (!dealer_.send(envelope)) log_->warn("the broker reads too slowly: a message was dropped");
  }

  void reconnect() override {
    log_->warn("the broker is silent; connecting anew");
    dealer_.reconnect();
  }

  void on_welcome(const proto::Welcome& welcome) override {
    log_->info("{} by {} at {}: session {}, epoch {}", welcome.resumed ? "welcomed back" : "welcomed", welcome.software,
               setup_.options.broker, welcome.session.value(), welcome.epoch.value());
    report_every_ = std::max<proto::Instant>(welcome.heartbeat, kReportPause);
    report_at_ = now();
  }

  void on_error(const proto::ErrorMessage& error) override {
    log_->warn("the broker says: {}: {}", errc_name(error.code), error.text);
  }

  static constexpr proto::Instant kRetry = 20ms;
  static constexpr proto::Instant kReportPause = 100ms;  // between two reports, at least

  LinkSetup setup_;
  std::shared_ptr<spdlog::logger> log_;
  proto::RealEnv env_;
  proto::Waiter waiter_;
  proto::Dealer dealer_;
  const std::string name_;
  Foreman foreman_;
  std::unordered_map<std::uint32_t, Child> children_;
  proto::Instant report_every_ = 2s;
  proto::Instant report_at_ = proto::kNever;
};

}  // namespace

int run_link(LinkSetup setup) {
  // Stopping is the business of the supervisor: a signal to the whole process group must not end the link early.
  proto::block_signals();
  const int code = Link{std::move(setup)}.run();
  proto::finish_sending();
  return code;
}

}  // namespace forkmill::worker
