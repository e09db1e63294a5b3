#include "worker/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "proto/transport/descriptor.h"
#include "proto/transport/errors.h"
#include "proto/transport/logging.h"
#include "worker/child/child.h"
#include "worker/ipc/shared_area.h"
#include "worker/link/link.h"
#include "worker/rules/process_slots.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSignalTag = 0;
constexpr std::uint64_t kControlTag = 1;
constexpr std::uint64_t kFirstChildTag = 2;  // and one for each slot: both its streams

constexpr proto::Instant kLinkProvenAfter = 10s;  // a link that lived this long did not die at birth
constexpr proto::Instant kDrainSlack = 10s;       // beyond what a drain may take: the link hangs
constexpr proto::Instant kRetryWrite = 20ms;      // to a reader that has no room
constexpr proto::Instant kLastWords = 1s;         // for the link to report after an immediate stop

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

std::int64_t in_milliseconds(proto::Instant pause) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(pause).count();
}

template <class T>
T checked(T result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

}  // namespace

Supervisor::Supervisor(const SupervisorSetup& setup)
    : setup_{setup},
      log_{proto::make_logger("worker", {setup.options.log_level, setup.options.log_format})},
      inherited_{(fill_standard_descriptors(), open_descriptors())},
      stdout_sink_{STDOUT_FILENO},
      stderr_sink_{STDERR_FILENO},
      self_{::getpid()},
      instance_{env_.random() | 1},
      children_(setup.options.processes) {
  const sigset_t watched = watched_signals();
  ::signal(SIGPIPE, SIG_IGN);
  checked(::sigprocmask(SIG_BLOCK, &watched, nullptr), "sigprocmask");
  signals_ = proto::Descriptor{checked(::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd")};
  checked(::prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
  waiter_.add(signals_.get(), kSignalTag);
}

Supervisor::~Supervisor() { end_everything(); }

int Supervisor::run() {
  log_->info("{} children serve {} task(s) from {}", children_.size(), setup_.registry.all().size(),
             setup_.options.broker);
  link_due_ = now();
  for (;;) {
    start_due();
    for (const std::uint64_t tag : waiter_.wait(time_to_wait())) serve(tag);
    stdout_sink_.flush();
    stderr_sink_.flush();
    if (control_) control_->flush();
    if ((phase_ == Phase::draining || phase_ == Phase::stopping) && link_ == 0) break;
    if (now() >= phase_ends_) {
      if (link_ != 0) ::kill(link_, SIGKILL);
      exit_code_ = 1;
      break;
    }
  }
  end_everything();
  return exit_code_;
}

proto::Instant Supervisor::time_to_wait() {
  const proto::Instant time = now();
  proto::Instant next = std::min(phase_ends_, link_due_);
  for (const Child& child : children_) next = std::min(next, child.due);
  const bool congested = stdout_sink_.pending() || stderr_sink_.pending() || (control_ && control_->congested());
  if (congested) next = std::min(next, time + kRetryWrite);
  return std::max(next - time, proto::Instant{0});
}

// ---- Forking --------------------------------------------------------------------------------------------------------

void Supervisor::start_due() {
  const proto::Instant time = now();
  if (time >= link_due_ && any_child()) link_due_ = time + kRetryWrite;  // they have been killed; not all are reaped
  if (time >= link_due_) {
    link_due_ = proto::kNever;
    if (!start_link()) return;
    children_.resize(setup_.options.processes);
    for (Child& child : children_) child.due = time;
    for (const std::int32_t pid : std::exchange(gone_, {})) {
      ControlMessage message;
      message.facts.kind = ControlKind::gone;
      message.facts.pid = pid;
      control_->send(std::move(message));
    }
  }
  if (!control_) return;  // the link has gone, and its death comes next
  for (std::uint32_t slot = 0; slot < setup_.options.processes; ++slot) {
    if (time >= children_[slot].due) start_child(slot);
  }
}

// False: there is nothing to make it of; another time.
bool Supervisor::start_link() {
  std::optional<std::pair<Control, Control>> ends;
  pid_t pid = 0;
  try {
    ends.emplace(Control::make_pair());
    link_bell_.emplace();
    std::fflush(nullptr);
    log_->flush();
    pid = checked(::fork(), "fork of the link");
  } catch (const std::system_error& error) {
    const proto::Instant pause = link_births_.failed();
    log_->error("the link cannot be started: {}; tried again in {} ms", error.what(), in_milliseconds(pause));
    link_due_ = now() + pause;
    return false;
  }
  if (pid == 0) become_link(std::move(ends->second));
  link_ = pid;
  link_started_ = now();
  control_ = std::make_unique<Control>(std::move(ends->first));
  waiter_.add(control_->fd(), kControlTag);
  phase_ = Phase::working;
  return true;
}

void Supervisor::become_link(Control control) {
  ::prctl(PR_SET_NAME, "forkmill-link");
  // A group of its own: a terminal's ^C is for the supervisor, which knows what it means. Not in a session of its own:
  // then it would stay stopped for ever if it was stopped when the supervisor died.
  ::setpgid(0, 0);
  reset_signals();
  auto kept = inherited_;
  kept.insert(kept.end(), {control.fd(), link_bell_->fd()});
  close_all_but(std::move(kept));
  int code = 1;
  try {
    code = run_link({setup_.registry, setup_.options, std::move(control), link_bell_->fd(), self_, instance_});
  } catch (const proto::TransportError& error) {
    log_->critical("{}", error.what());
    code = kLinkRefused;
  } catch (const std::exception& error) {
    log_->critical("the link ends: {}", error.what());
  }
  ::_exit(code);
}

void Supervisor::start_child(std::uint32_t slot) {
  Child& child = children_[slot];
  child.due = proto::kNever;
  child.killed_by_us = false;
  ++child.generation;
  proto::Descriptor out, err;
  ControlMessage message;
  pid_t pid = 0;
  try {
    child.shared_area = SharedArea::create();
    child.out = OutputPipe::make(out);
    child.err = OutputPipe::make(err);
    message.shared_area = proto::Descriptor{checked(::fcntl(child.shared_area.get(), F_DUPFD_CLOEXEC, 0), "dup")};
    std::fflush(nullptr);
    pid = checked(::fork(), "fork");
  } catch (const std::system_error& error) {
    return not_born(slot, error.what());
  }
  if (pid == 0) become_child(slot, out.get(), err.get());
  child.pid = pid;
  waiter_.add(child.out.fd(), kFirstChildTag + slot);
  waiter_.add(child.err.fd(), kFirstChildTag + slot);

  message.facts.kind = ControlKind::spawned;
  message.facts.child = {slot, child.generation};
  message.facts.pid = pid;
  control_->send(std::move(message));
}

// There is nothing to make it of: no descriptor, no memory, no process.
void Supervisor::not_born(std::uint32_t slot, const std::string& why) {
  Child& child = children_[slot];
  child.shared_area.reset();
  child.out = OutputPipe{};
  child.err = OutputPipe{};
  if (is_process(slot)) return cannot_fork(slot, why);
  const proto::Instant pause = child.restart_backoff.failed();
  log_->error("no child can be started: {}; tried again in {} ms", why, in_milliseconds(pause));
  child.due = now() + pause;
}

void Supervisor::start_process(ControlMessage message) {
  const std::uint32_t slot = message.facts.child.slot;
  // How many may run is the foreman's to say; those that were given up and still end come on top.
  const std::size_t most = setup_.options.processes + 2 * kMaxProcesses;
  if (phase_ == Phase::restarting || phase_ == Phase::stopping || !is_process(slot) || slot >= most) return;
  if (slot >= children_.size()) children_.resize(slot + 1);
  if (children_[slot].pid != 0) return;
  children_[slot].purpose = {std::move(message.output), message.facts.daemon != 0, message.facts.pid};
  start_child(slot);
}

void Supervisor::cannot_fork(std::uint32_t slot, const std::string& why) {
  ControlMessage message;
  message.facts.kind = ControlKind::died;
  message.facts.child = {slot, children_[slot].generation};
  message.output = why;
  log_->error("no process can be forked for a task: {}", message.output);
  control_->send(std::move(message));
}

// What user code, the client library in it first of all, is to know.
void Supervisor::tell_environment(std::uint32_t slot) const {
  const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
  for (const char* name : {"FORKMILL_PROCESS", "FORKMILL_DAEMON", "FORKMILL_PARENT"}) ::unsetenv(name);
  set("FORKMILL_BROKER", setup_.options.broker);
  set("FORKMILL_CHILD_OF", std::to_string(instance_));
  if (!is_process(slot)) return;
  const Purpose& purpose = children_[slot].purpose;
  set("FORKMILL_PROCESS", purpose.label);
  set("FORKMILL_PARENT", std::to_string(purpose.parent));
  if (purpose.daemon) set("FORKMILL_DAEMON", "1");
}

void Supervisor::become_child(std::uint32_t slot, int out, int err) {
  die_with(self_);
  ::setsid();  // its own group for signals, and its own session, by which its descendants are found when it dies
  ::prctl(PR_SET_NAME, is_process(slot) ? "forkmill-proc" : "forkmill-child");
  tell_environment(slot);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  reset_signals();
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  auto kept = inherited_;
  const int shared_area = children_[slot].shared_area.get();
  kept.insert(kept.end(), {shared_area, link_bell_->fd()});
  close_all_but(std::move(kept));
  run_child({setup_.registry, setup_.on_child_start, setup_.options, shared_area, link_bell_->fd(), is_process(slot)});
}

// ---- Events ---------------------------------------------------------------------------------------------------------

void Supervisor::serve(std::uint64_t tag) {
  if (tag == kSignalTag)
    handle_signals();
  else if (tag == kControlTag)
    handle_control();
  else
    pump(static_cast<std::uint32_t>(tag - kFirstChildTag));
}

void Supervisor::handle_signals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGCHLD:
        break;
      case SIGHUP:
        log_->warn("SIGHUP changes nothing: options are read at the start only");
        break;
      default:
        handle_stop_signal();
        break;
    }
  }
  reap_all();
}

void Supervisor::handle_stop_signal() {
  const bool first = phase_ == Phase::working || phase_ == Phase::restarting;
  phase_ = first ? Phase::draining : Phase::stopping;
  ControlMessage message;
  message.facts.kind = first ? ControlKind::drain : ControlKind::stop;
  if (first) {
    log_->info("draining: running tasks have {} ms", setup_.options.drain_timeout.count());
    phase_ends_ = now() + setup_.options.drain_timeout + 2 * setup_.options.kill_grace + kDrainSlack;
  } else {
    log_->warn("stopping at once");
    exit_code_ = 1;
    phase_ends_ = now() + kLastWords;
    kill_all_children();
  }
  for (Child& child : children_) child.due = proto::kNever;
  if (link_ == 0) link_due_ = proto::kNever;
  if (control_) control_->send(std::move(message));
}

void Supervisor::handle_control() {
  if (!control_) return;
  while (auto message = control_->receive()) {
    if (message->facts.kind == ControlKind::fork)
      start_process(std::move(*message));
    else
      carry_out_kill(message->facts);
  }
  if (control_->closed()) {
    // Its death follows; until then there is nothing to read.
    waiter_.remove(control_->fd());
    control_.reset();
  }
}

void Supervisor::carry_out_kill(const ControlFacts& facts) {
  if (facts.child.slot >= children_.size()) return;
  Child& child = children_[facts.child.slot];
  // Not reaped yet: the pid names this child and no other process.
  if (child.pid == 0 || child.generation != facts.child.generation) return;
  if (facts.kind == ControlKind::kill) return kill_child(child, facts.signal);
  child.killed_by_us = true;
  ::kill(child.pid, facts.signal);
}

void Supervisor::kill_child(Child& child, int signal) {
  child.killed_by_us = true;
  // Before it has made its group, there is only the process.
  if (::kill(-child.pid, signal) != 0) ::kill(child.pid, signal);
}

void Supervisor::kill_all_children() {
  for (Child& child : children_) {
    if (child.pid != 0) kill_child(child, SIGKILL);
  }
}

void Supervisor::pump(std::uint32_t slot) {
  Child& child = children_[slot];
  if (child.pid == 0) return;
  for (auto [pipe, sink] : {std::pair{&child.out, &stdout_sink_}, std::pair{&child.err, &stderr_sink_}}) {
    if (pipe->fd() >= 0 && !pipe->pump(*sink, child.tail)) {
      pipe->finish(*sink);
      waiter_.remove(pipe->fd());
      *pipe = OutputPipe{};
    }
  }
}

// ---- Deaths ---------------------------------------------------------------------------------------------------------

void Supervisor::reap_all() {
  while (const auto pid = next_dead()) {
    const auto found = std::find_if(children_.begin(), children_.end(), [&](const Child& c) { return c.pid == *pid; });
    if (found != children_.end()) {
      ::kill(-*pid, SIGKILL);  // what is left of its group; the pid is still its own
      child_died(static_cast<std::uint32_t>(found - children_.begin()), reap(*pid));
    } else if (*pid == link_) {
      link_died(reap(*pid));
    } else {
      reap(*pid);  // an orphan that we inherited
    }
  }
  sweep();
}

void Supervisor::child_died(std::uint32_t slot, const Death& death) {
  Child& child = children_[slot];
  const bool at_birth = !SharedArea::was_born(child.shared_area.get());
  pump(slot);
  for (auto [pipe, sink] : {std::pair{&child.out, &stdout_sink_}, std::pair{&child.err, &stderr_sink_}}) {
    pipe->finish(*sink);
    if (pipe->fd() >= 0) waiter_.remove(pipe->fd());
    *pipe = OutputPipe{};
  }
  child.pid = 0;
  child.shared_area.reset();
  orphaned_sessions_.push_back(death.pid);
  if (phase_ == Phase::working && !is_process(slot)) schedule_successor(child, death, at_birth);
  report_death(slot, death, at_birth);
}

void Supervisor::schedule_successor(Child& child, const Death& death, bool at_birth) {
  if (!at_birth) child.restart_backoff.succeeded();
  const proto::Instant pause = at_birth ? child.restart_backoff.failed() : proto::Instant{0};
  if (at_birth && setup_.on_death_at_birth) return setup_.on_death_at_birth(death);
  child.due = now() + pause;
  if (at_birth) {
    log_->error("child {} died at birth (exit code {}, signal {}); the next one starts in {} ms", death.pid,
                death.exit_code, death.signal, in_milliseconds(pause));
  }
}

void Supervisor::report_death(std::uint32_t slot, const Death& death, bool at_birth) {
  Child& child = children_[slot];
  ControlMessage message;
  ControlFacts& facts = message.facts;
  facts.kind = ControlKind::died;
  facts.child = {slot, child.generation};
  facts.pid = death.pid;
  facts.signal = death.signal;
  facts.exit_code = death.exit_code;
  facts.killed_by_us = child.killed_by_us ? 1 : 0;
  facts.at_birth = at_birth ? 1 : 0;
  facts.user_us = death.user_us;
  facts.system_us = death.system_us;
  facts.max_rss_bytes = death.max_rss_bytes;
  message.output = child.tail.take();
  if (control_)
    control_->send(std::move(message));
  else
    gone_.push_back(death.pid);
}

void Supervisor::link_died(const Death& death) {
  link_ = 0;
  if (control_) waiter_.remove(control_->fd());
  control_.reset();
  if (phase_ != Phase::working || death.exit_code == kLinkRefused) {
    if (death.exit_code != 0) exit_code_ = 1;
    if (death.signal != 0) log_->error("the link died of signal {} before it was done", death.signal);
    if (phase_ == Phase::working) phase_ = Phase::stopping;
    return;
  }
  log_->error("the link died (exit code {}, signal {}): its children end, and the pool starts anew", death.exit_code,
              death.signal);
  kill_all_children();
  for (Child& child : children_) child.due = proto::kNever;
  if (now() - link_started_ >= kLinkProvenAfter) link_births_.succeeded();
  link_due_ = now() + link_births_.failed();
  phase_ = Phase::restarting;
}

void Supervisor::sweep() {
  if (orphaned_sessions_.empty()) return;
  std::vector<pid_t> still;
  for (const pid_t pid : children_of_self()) {
    const pid_t session = ::getsid(pid);
    if (std::find(orphaned_sessions_.begin(), orphaned_sessions_.end(), session) == orphaned_sessions_.end()) continue;
    ::kill(pid, SIGKILL);
    still.push_back(session);
  }
  orphaned_sessions_ = std::move(still);
}

bool Supervisor::any_child() const {
  return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return child.pid != 0; });
}

void Supervisor::end_everything() {
  kill_all_children();
  // Children's children come to us as their parents end, daemons among them: until nobody is left.
  for (auto left = children_of_self(); !left.empty(); left = children_of_self()) {
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    for (const pid_t pid : left) reap(pid);
  }
}

}  // namespace forkmill::worker
