// The foreman's rules for attempts with a process of their own. Such an attempt is reported when its process has ended:
// whoever is told of it finds no process any more.
#include <csignal>
#include <utility>

#include "worker/rules/foreman.h"

namespace forkmill::worker {

// The hands of the Ending of one that has its child for itself: a signal cannot meet another attempt.
class Foreman::ProcessHands final : public EndingHands {
 public:
  ProcessHands(ForemanHands& hands, ChildKey child, std::uint64_t serial)
      : hands_{hands}, child_{child}, serial_{serial} {}
  void request_stop() override { hands_.request_stop(child_, serial_); }
  bool condemn() override { return true; }
  void kill(int signal) override { hands_.kill(child_, signal); }

 private:
  ForemanHands& hands_;
  ChildKey child_;
  std::uint64_t serial_;
};

void Foreman::start_process(std::uint64_t serial, Held& held) {
  if (draining_ || process_slots_.count() >= config_.max_processes) {
    session_.add_return(held.task.grant);
    return drop(serial);
  }
  held.slot = process_slots_.take(serial);
  hands_.fork(*held.slot, held.task);
}

void Foreman::child_spawned(ChildKey child, std::uint32_t pid) {
  if (child.slot < child_lines_.slots()) return child_lines_.spawned(child);
  if (!process_slots_.has(child.slot)) return;
  process_slots_.spawned(child, pid);
  const std::uint64_t serial = process_slots_.serial(child.slot);
  if (serial == 0) return hands_.kill(child, SIGKILL);  // nobody wants it any more
  Held& held = *find(serial);
  hands_.assign(child, serial, held.handler, held.task);
  for (const int signal : std::exchange(held.signals, {})) hands_.signal(child, signal);
}

void Foreman::child_born(proto::Instant now, ChildKey child) {
  now_ = now;
  process_slots_.has(child.slot) ? process_born(child) : child_lines_.born(child);
}

void Foreman::process_born(ChildKey child) {
  Held* held = process_slots_.is(child) ? find(process_slots_.serial(child.slot)) : nullptr;
  if (held == nullptr) return;
  held->born = true;
  held->ending.begin(now_, held->task.soft_timeout, held->task.timeout);
  tell_started(*held);
}

void Foreman::tell_started(const Held& held) {
  if (!held.born || held.ending.reason() == EndReason::abandoned) return;
  session_.add_started({held.task.id, held.task.grant, process_slots_.pid(*held.slot), config_.host});
}

void Foreman::process_result(Held& held, const ChildResult& result) {
  if (held.progress) session_.add_progress(*std::exchange(held.progress, {})), --progress_waiting_;
  held.record = result.verdict == Verdict::succeeded ? success_of(result) : failure_of(held, result);
}

void Foreman::process_died(const ControlFacts& facts, proto::Forensics forensics) {
  const std::uint64_t serial = process_slots_.gone(facts.child.slot);
  Held* held = find(serial);
  if (held == nullptr) return;
  held->slot.reset();
  if (held->record) {
    if (held->record->outcome.error) held->record->outcome.error->forensics = std::move(forensics);
    report(*held, std::move(*held->record));
  } else {
    report_loss(*held, std::move(forensics), death_text(facts));
  }
  drop(serial);
}

void Foreman::on_signal(const proto::Grant& grant, int signal) {
  std::uint64_t serial = 0;
  Held* held = find(grant, serial);
  if (held == nullptr || !held->task.process) return;
  if (const auto child = process_slots_.key(*held->slot))
    hands_.signal(*child, signal);
  else
    held->signals.push_back(signal);
}

// Whoever has not begun its task yet never will.
bool Foreman::take_back_process(std::uint64_t serial, const Held& held) {
  const auto child = process_slots_.key(*held.slot);
  if (child && (held.record || !hands_.take_back(*child, serial))) return false;
  if (child) hands_.kill(*child, SIGKILL);
  process_slots_.forget(*held.slot);
  return true;
}

// A daemon has nothing to finish once its parent has gone.
proto::Instant Foreman::grace_of(const Held& held) const {
  return held.task.process && held.task.daemon ? proto::Instant{0} : config_.kill_grace;
}

void Foreman::end_due_processes() {
  process_slots_.for_each([&](std::uint32_t slot, std::uint64_t serial) {
    const auto child = process_slots_.key(slot);
    Held& held = *find(serial);
    if (!child || now_ < held.ending.next()) return;
    ProcessHands hands{hands_, *child, serial};
    held.ending.tick(now_, config_.kill_grace, hands);
  });
}

}  // namespace forkmill::worker
