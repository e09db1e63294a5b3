#include "worker/supervisor/child_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "worker/ipc/shared_area.h"
#include "worker/rules/process_slots.h"
#include "worker/rules/scaling/pool_bounds.h"

namespace forkmill::worker {

namespace {

int checked_call(int result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

// Whether children in this place are forked for one task each.
bool is_process(const Origin& origin, std::uint32_t slot) {
  return slot >= pool_places(origin.setup.options.processes);
}

ControlMessage death_message(ChildKey child, const Death& death) {
  ControlMessage message;
  ControlFacts& facts = message.facts;
  facts.kind = ControlKind::died;
  facts.child = child;
  facts.pid = death.pid;
  facts.signal = death.signal;
  facts.exit_code = death.exit_code;
  facts.user_us = death.user_us;
  facts.system_us = death.system_us;
  facts.max_rss_bytes = death.max_rss_bytes;
  return message;
}

void schedule_successor(proto::Instant now, SupervisedChild& child, const Death& death, bool at_birth,
                        const Origin& origin, spdlog::logger& log) {
  if (!at_birth) {
    child.backoff.succeeded();
    child.due = now;
    return;
  }
  child.died_at_birth = true;
  const proto::Instant pause = child.backoff.failed();
  if (origin.setup.on_death_at_birth) return origin.setup.on_death_at_birth(death);
  child.due = now + pause;
  log.error("child {} died during start-up (exit code {}, signal {}); the next one starts in {} ms", death.pid,
            death.exit_code, death.signal, in_milliseconds(pause));
}

// Tells the link what the child has printed since the last time.
void tell_printed(std::uint32_t slot, SupervisedChild& child, LinkProcess& link) {
  for (const std::size_t stream : {0, 1}) {
    PrintedText& printed = child.streams.printed(stream);
    if (printed.empty()) continue;
    ControlMessage message;
    message.facts.kind = ControlKind::printed;
    message.facts.child = {slot, child.generation};
    message.facts.errors = stream == 0 ? 0 : 1;
    message.facts.from = printed.from();
    message.output = printed.drain();
    link.send(std::move(message));
  }
}

}  // namespace

ChildProcesses::ChildProcesses(const Origin& origin, proto::Waiter& waiter, std::uint64_t first_tag, LinkProcess& link,
                               spdlog::logger& log)
    : origin_{origin},
      waiter_{waiter},
      first_tag_{first_tag},
      link_{link},
      log_{log},
      sinks_{origin.setup.options.output_waits},
      children_(origin.setup.options.processes) {}

// ---- Forking --------------------------------------------------------------------------------------------------------

void ChildProcesses::begin(proto::Instant now) {
  wanted_ = children_at_start(origin_.setup.options);
  children_.resize(wanted_);
  for (Child& child : children_) child.due = now;
}

void ChildProcesses::start_due(proto::Instant now) {
  for (std::uint32_t slot = 0; slot < wanted_; ++slot) {
    if (now >= children_[slot].due) start(now, slot);
  }
}

void ChildProcesses::scale(proto::Instant now, std::uint32_t children) {
  if (children > children_.size()) children_.resize(children);
  for (std::uint32_t slot = wanted_; slot < children; ++slot) {
    if (children_[slot].pid == 0) children_[slot].due = now;
  }
  for (std::uint32_t slot = children; slot < wanted_; ++slot) children_[slot].due = proto::kNever;
  wanted_ = children;
}

void ChildProcesses::start_process(proto::Instant now, ControlMessage request) {
  const std::uint32_t slot = request.facts.child.slot;
  // The foreman limits how many run. Those that were given up, and are about to end, come on top.
  const std::size_t most = pool_places(origin_.setup.options.processes) + 2 * kMaxProcesses;
  if (!is_process(origin_, slot) || slot >= most) return;
  if (slot >= children_.size()) children_.resize(slot + 1);
  if (children_[slot].pid != 0) return;
  children_[slot].purpose = {std::move(request.output), request.facts.daemon != 0, request.facts.pid,
                             request.facts.hosts_pool != 0};
  start(now, slot);
}

void ChildProcesses::start(proto::Instant now, std::uint32_t slot) {
  Child& child = children_[slot];
  child.due = proto::kNever;
  child.killed_by_us = false;
  ++child.generation;
  proto::Descriptor out, err;
  ControlMessage message;
  pid_t pid = 0;
  try {
    child.shared_area = SharedArea::create();
    child.streams.open(child.shared_area.get(), out, err);
    child.enclosure = origin_.enclosures->add(std::to_string(slot) + "." + std::to_string(child.generation));
    message.shared_area = proto::Descriptor{checked_call(::fcntl(child.shared_area.get(), F_DUPFD_CLOEXEC, 0), "dup")};
    std::fflush(nullptr);
    pid = checked_call(::fork(), "fork");
  } catch (const std::system_error& error) {
    return give_up(now, slot, error.what());
  }
  if (pid == 0) {
    become_child(origin_, {is_process(origin_, slot), child.purpose, child.shared_area.get(), link_.bell().writer(),
                           out.get(), err.get(), child.enclosure});
  }
  child.pid = pid;
  if (!sinks_.paused) child.streams.watch(waiter_, first_tag_ + slot);
  message.facts.kind = ControlKind::spawned;
  message.facts.child = {slot, child.generation};
  message.facts.pid = pid;
  link_.send(std::move(message));
}

// There is no descriptor, memory or process left for the child.
void ChildProcesses::give_up(proto::Instant now, std::uint32_t slot, const std::string& why) {
  Child& child = children_[slot];
  child.shared_area.reset();
  child.streams.reset();
  origin_.enclosures->remove(std::exchange(child.enclosure, {}));
  if (is_process(origin_, slot)) {
    log_.error("no process can be forked for a task: {}", why);
    ControlMessage message = death_message({slot, child.generation}, {});
    message.output = why;
    return link_.send(std::move(message));
  }
  const proto::Instant pause = child.backoff.failed();
  log_.error("no child can be started: {}; tried again in {} ms", why, in_milliseconds(pause));
  child.due = now + pause;
}

proto::Instant ChildProcesses::next_wakeup() const {
  proto::Instant next = proto::kNever;
  for (const Child& child : children_) next = std::min(next, child.due);
  return next;
}

// ---- Signals and output ---------------------------------------------------------------------------------------------

void ChildProcesses::signal(const ControlFacts& request) {
  if (request.child.slot >= children_.size()) return;
  Child& child = children_[request.child.slot];
  // Not reaped yet: the pid names this child and no other process.
  if (child.pid == 0 || child.generation != request.child.generation) return;
  if (request.kind == ControlKind::kill) return child.kill(request.signal);
  child.killed_by_us = true;
  ::kill(child.pid, request.signal);
}

void SupervisedChild::kill(int signal) {
  killed_by_us = true;
  // A child that was forked just now has no group of its own yet.
  if (::kill(-pid, signal) != 0) ::kill(pid, signal);
}

void ChildProcesses::kill_all(Hosts hosts) {
  for (Child& child : children_) {
    if (child.pid == 0) continue;
    if (hosts == Hosts::are_killed || !child.purpose.hosts_pool) {
      child.kill(SIGKILL);
      continue;
    }
    child.killed_by_us = true;
    for (const int signal : {SIGTERM, SIGINT}) ::kill(child.pid, signal);  // the second one means: at once
  }
}

bool ChildProcesses::are_ready() const {
  const auto end = children_.begin() + wanted_;
  return std::any_of(children_.begin(), end, [](const Child& child) { return child.died_at_birth; }) ||
         std::all_of(children_.begin(), end, [](const Child& child) {
           return child.pid != 0 && SharedArea::was_born(child.shared_area.get());
         });
}

bool ChildProcesses::any_alive() const {
  return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return child.pid != 0; });
}

void ChildProcesses::balance_output() {
  // While the link has no room, the newest output of each child waits.
  for (std::uint32_t slot = 0; slot < children_.size() && !link_.congested(); ++slot)
    if (children_[slot].pid != 0) tell_printed(slot, children_[slot], link_);
  if (sinks_.paused == sinks_.is_full()) return;
  sinks_.paused = !sinks_.paused;
  for (std::uint32_t slot = 0; slot < children_.size(); ++slot) {
    if (children_[slot].pid == 0) continue;
    sinks_.paused ? children_[slot].streams.pause(waiter_) : children_[slot].streams.watch(waiter_, first_tag_ + slot);
  }
}

void ChildProcesses::pump(std::uint64_t tag) {
  Child& child = children_[tag - first_tag_];
  if (child.pid == 0) return;
  child.streams.pump(waiter_, sinks_);
  if (!link_.congested()) tell_printed(static_cast<std::uint32_t>(tag - first_tag_), child, link_);
}

// ---- Deaths ---------------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> ChildProcesses::find(pid_t pid) const {
  const auto found = std::find_if(children_.begin(), children_.end(), [&](const Child& c) { return c.pid == pid; });
  if (found == children_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - children_.begin());
}

void ChildProcesses::handle_death(proto::Instant now, std::uint32_t slot, const Death& death, bool replace) {
  Child& child = children_[slot];
  const bool at_birth = !SharedArea::was_born(child.shared_area.get());
  child.streams.close(waiter_, sinks_);
  tell_printed(slot, child, link_);
  origin_.enclosures->remove(child.enclosure);
  child.pid = 0;
  child.shared_area.reset();
  if (replace && slot < wanted_) schedule_successor(now, child, death, at_birth, origin_, log_);
  ControlMessage message = death_message({slot, child.generation}, death);
  message.facts.killed_by_us = child.killed_by_us ? 1 : 0;
  message.facts.at_birth = at_birth ? 1 : 0;
  message.output = child.streams.drain_tail();
  link_.report_death(std::move(message));
}

}  // namespace forkmill::worker
