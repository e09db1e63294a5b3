#include "worker/supervisor/supervisor.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "proto/os/output/logging.h"
#include "proto/pool_tasks.h"
#include "proto/settings/quantities.h"
#include "proto/text.h"
#include "worker/link/link.h"
#include "worker/os/log_options.h"
#include "worker/os/reaping.h"
#include "worker/rules/scaling/pool_bounds.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSignalTag = 0;      // kLinkTag is 1
constexpr std::uint64_t kFirstChildTag = 2;  // and one for each slot: both its streams

constexpr proto::Instant kDrainSlack = 10s;  // beyond the longest drain: the link hangs
constexpr proto::Instant kRetry = 20ms;      // while a reader has no room, or a child is not reaped or not ready
constexpr proto::Instant kLastReport = 5s;   // for the link to report an immediate stop, and for hosts of pools to end
constexpr auto kReaderPatience = 1s;         // for a slow reader of the output, at the end
constexpr auto kLongReaderPatience = 10s;    // the same when no output may be lost

Origin origin_of(const SupervisorSetup& setup, std::uint64_t random) {
  fill_standard_descriptors();
  Origin origin{setup, open_descriptors(), ::getpid(), random | 1};
  origin.enclosures = std::make_unique<Enclosures>(setup.options, setup.account);  // no child keeps its descriptors
  return origin;
}

// From now on these signals are read from the descriptor.
proto::Descriptor watch_signals() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&watched, signal);
  ::signal(SIGPIPE, SIG_IGN);
  if (::sigprocmask(SIG_BLOCK, &watched, nullptr) < 0) {
    throw std::system_error{errno, std::generic_category(), "sigprocmask"};
  }
  proto::Descriptor fd{::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (!fd) throw std::system_error{errno, std::generic_category(), "signalfd"};
  return fd;
}

// The tasks that the program has registered, without those that every worker has.
std::size_t own_tasks(const Registry& registry) {
  const auto& all = registry.all();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Registration& task) {
    return task.name != proto::kPoolTask && task.name != proto::kChunkTask;
  }));
}

// "3 children", "1 child, up to 4 by load".
std::string children_text(const WorkerOptions& options) {
  const std::string text = proto::format_count(children_at_start(options), "child");
  return follows_load(options) ? text + ", up to " + std::to_string(options.processes) + " by load" : text;
}

// Tells the link how to end. No child and no link is started any more.
void leave(ControlKind how, LinkProcess& link, ChildProcesses& children) {
  children.scale(proto::Instant{0}, 0);
  if (link.pid() == 0) link.schedule(proto::kNever);
  ControlMessage message;
  message.facts.kind = how;
  link.send(std::move(message));
}

}  // namespace

Supervisor::Supervisor(const SupervisorSetup& setup)
    : origin_{origin_of(setup, env_.random())},
      log_{proto::make_logger("worker", log_options(setup.options))},
      signals_{watch_signals()},
      link_{origin_, waiter_, *log_},
      children_{origin_, waiter_, kFirstChildTag, link_, *log_} {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
    throw std::system_error{errno, std::generic_category(), "PR_SET_CHILD_SUBREAPER"};
  }
  waiter_.add(signals_.get(), kSignalTag);
}

Supervisor::~Supervisor() { end_everything(); }

Supervisor::Ending Supervisor::run() {
  const auto& setup = origin_.setup;
  log_->info("starting {} with {}; connecting to {}", children_text(setup.options),
             proto::format_count(own_tasks(setup.registry), "task"), setup.options.broker);
  link_.schedule(now());
  for (;;) {
    start_due();
    for (const std::uint64_t tag : waiter_.wait(time_to_wait())) {
      if (tag == kSignalTag)
        handle_signals();
      else if (tag == kLinkTag)
        handle_link();
      else
        children_.pump(tag);
    }
    children_.sinks().flush();
    link_.flush();
    children_.balance_output();
    if (phase_ == Phase::settling && children_.are_ready()) drain();
    if (phase_ == Phase::draining && link_.pid() == 0) break;
    if (phase_ == Phase::stopping && link_.pid() == 0 && !children_.any_alive()) break;
    if (now() >= phase_ends_) {
      link_.kill();
      ending_.exit_code = 1;
      break;
    }
  }
  end_everything();
  ending_.restarts = ending_.restarts && ending_.exit_code == 0;
  return ending_;
}

void Supervisor::start_due() {
  const proto::Instant time = now();
  if (time >= link_.due()) {
    if (children_.any_alive()) {
      link_.schedule(time + kRetry);  // children that were killed are not reaped yet
    } else if (link_.start(time)) {
      phase_ = Phase::working;
      children_.begin(time);
    }
  }
  if (link_.connected()) children_.start_due(time);
}

proto::Instant Supervisor::time_to_wait() {
  const proto::Instant time = now();
  proto::Instant next = std::min({phase_ends_, link_.due(), children_.next_wakeup()});
  if (children_.sinks().pending() || proto::flush_log(*log_) || link_.congested() || phase_ == Phase::settling)
    next = std::min(next, time + kRetry);
  return std::max(next - time, proto::Instant{0});
}

// ---- Events ---------------------------------------------------------------------------------------------------------

void Supervisor::handle_signals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGCHLD:
        break;
      case SIGHUP:
        proto::reopen_log(*log_);
        if (origin_.setup.options.log_file.empty())
          log_->warn("SIGHUP changes nothing: options are read at the start only");
        break;
      default:
        handle_stop_signal();
        break;
    }
  }
  reap_all();
}

bool Supervisor::drain_when_ready() {
  if (phase_ != Phase::working && phase_ != Phase::restarting) return false;
  if (phase_ == Phase::working && origin_.setup.drains_when_ready && !children_.are_ready())
    phase_ = Phase::settling;
  else
    drain();
  return true;
}

void Supervisor::handle_stop_signal() {
  if (drain_when_ready()) return;
  if (std::exchange(ending_.restarts, false) && phase_ == Phase::draining) {
    log_->info("the worker does not start again after its drain");
    return;
  }
  phase_ = Phase::stopping;
  log_->info("stopping at once");
  ending_.exit_code = 1;
  phase_ends_ = now() + kLastReport;
  children_.kill_all(Hosts::are_asked);
  leave(ControlKind::stop, link_, children_);
}

void Supervisor::drain() {
  const auto& options = origin_.setup.options;
  phase_ = Phase::draining;
  log_->info("draining: tasks that run have {} to finish", proto::format_duration(options.drain_timeout));
  phase_ends_ = now() + options.drain_timeout + 2 * options.kill_grace + kDrainSlack;
  leave(ControlKind::drain, link_, children_);
}

void Supervisor::handle_link() {
  while (auto message = link_.receive()) {
    switch (message->facts.kind) {
      case ControlKind::fork:
        if (phase_ == Phase::working || phase_ == Phase::settling || phase_ == Phase::draining)
          children_.start_process(now(), std::move(*message));
        break;
      case ControlKind::leave:
        if (drain_when_ready()) ending_.restarts = message->facts.child.slot != 0 && origin_.setup.can_restart;
        break;
      case ControlKind::scale:
        if (phase_ == Phase::working) children_.scale(now(), message->facts.child.slot);
        break;
      default:
        children_.signal(message->facts);
        break;
    }
  }
}

// ---- Deaths ---------------------------------------------------------------------------------------------------------

void Supervisor::reap_all() {
  while (const auto pid = next_dead()) {
    if (const auto slot = children_.find(*pid)) {
      reap_child(*slot, *pid, phase_ == Phase::working || phase_ == Phase::settling);
    } else if (*pid == link_.pid()) {
      link_died(reap(*pid));
    } else {
      reap(*pid);  // an orphan that the supervisor inherited
    }
  }
  orphans_.sweep();
  origin_.enclosures->sweep();
}

void Supervisor::reap_child(std::uint32_t slot, pid_t pid, bool replace) {
  ::kill(-pid, SIGKILL);  // the rest of its group; the pid is still its own
  children_.handle_death(now(), slot, reap(pid), replace);
  orphans_.add(pid);
}

void Supervisor::link_died(const Death& death) {
  link_.handle_death(now());
  if (phase_ != Phase::working || death.exit_code == kLinkRefused) {
    link_.schedule(proto::kNever);
    if (death.exit_code != 0) ending_.exit_code = 1;
    if (death.signal != 0) log_->error("signal {} killed the link before the drain was complete", death.signal);
    if (phase_ != Phase::working && phase_ != Phase::settling) return;
    phase_ = Phase::stopping;
    return children_.kill_all(Hosts::are_killed);
  }
  log_->error("the link died (exit code {}, signal {}): its children end, and the pool starts again", death.exit_code,
              death.signal);
  children_.kill_all(Hosts::are_killed);
  children_.scale(now(), 0);
  phase_ = Phase::restarting;
}

void Supervisor::end_everything() {
  children_.kill_all(Hosts::are_killed);
  // Descendants come to the supervisor as their parents end, daemons among them: until there are none.
  for (auto left = children_of_self(); !left.empty(); left = children_of_self()) {
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    for (const pid_t pid : left) {
      const auto slot = children_.find(pid);
      slot ? reap_child(*slot, pid, false) : static_cast<void>(reap(pid));
    }
  }
  children_.sinks().finish(origin_.setup.options.output_waits ? kLongReaderPatience : kReaderPatience);
}

}  // namespace forkmill::worker
