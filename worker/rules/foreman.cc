#include "worker/rules/foreman.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "proto/buggify.h"
#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxInHand = 7168;              // of grants, and of unacknowledged outcomes
constexpr proto::Instant kLongestWait = 50ms;         // unstarted here, while another worker might be free
constexpr proto::Instant kProgressPause = 50ms;       // between two notes of one attempt
constexpr proto::Instant kLastAcknowledgements = 5s;  // after a drain is over but for the broker's word
static_assert(2 * kMaxInHand + kMaxProcesses <= proto::limits::kMaxRecords, "a HELLO can list them all");

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal)
                         : "signal " + std::to_string(signal) + " (SIG" + name + ")";
}

proto::Forensics forensics_of(const ControlFacts& facts, std::string output) {
  return {facts.exit_code, facts.signal, facts.user_us, facts.system_us, facts.max_rss_bytes, std::move(output)};
}

// What becomes of an attempt that was ended for a reason.
struct Ended {
  proto::OutcomeKind kind = proto::OutcomeKind::lost;
  Errc code = Errc::worker_lost;
  std::string text;
};

std::optional<Ended> ending_of(EndReason reason) {
  switch (reason) {
    case EndReason::time_limit:
      return Ended{proto::OutcomeKind::timed_out, Errc::timed_out, "ran over its time limit; "};
    case EndReason::cancelled:
      return Ended{proto::OutcomeKind::cancelled, Errc::cancelled, "cancelled; "};
    case EndReason::shutdown:
      return Ended{proto::OutcomeKind::lost, Errc::worker_lost, "its worker shut down; "};
    case EndReason::none:
    case EndReason::abandoned:
      break;
  }
  return std::nullopt;
}

}  // namespace

// The hands of one attempt's Ending.
class Foreman::Hands final : public EndingHands {
 public:
  Hands(ForemanHands& hands, ChildKey child, std::uint64_t serial) : hands_{hands}, child_{child}, serial_{serial} {}
  void request_stop() override { hands_.request_stop(child_, serial_); }
  bool condemn() override { return hands_.condemn(child_, serial_); }
  void kill(int signal) override { hands_.kill(child_, signal); }

 private:
  ForemanHands& hands_;
  ChildKey child_;
  std::uint64_t serial_;
};

Foreman::Foreman(ForemanConfig config, proto::Hello hello, std::uint64_t seed, ForemanHands& hands)
    : config_{std::move(config)},
      hands_{hands},
      estimates_{config_.tasks.size()},
      child_lines_{config_.slots, config_.max_tasks_per_child},
      process_slots_{config_.slots},
      session_{std::move(hello), seed, *this} {
  for (std::uint32_t i = 0; i < config_.tasks.size(); ++i) handlers_.emplace(config_.tasks[i].name, i);
}

// ---- Attempts in hand -----------------------------------------------------------------------------------------------

Foreman::Held* Foreman::find(std::uint64_t serial) {
  const auto found = held_.find(serial);
  return found == held_.end() ? nullptr : &found->second;
}

Foreman::Held* Foreman::find(const proto::Grant& grant, std::uint64_t& serial) {
  const auto found = serials_.find(grant);
  if (found == serials_.end()) return nullptr;
  serial = found->second;
  return find(serial);
}

const proto::GrantedTask* Foreman::task(std::uint64_t serial) const {
  const auto found = held_.find(serial);
  return found == held_.end() ? nullptr : &found->second.task;
}

const proto::GrantedTask* Foreman::task_of(std::uint32_t slot) const {
  if (process_slots_.has(slot)) return task(process_slots_.serial(slot));
  const auto serial = slot < child_lines_.slots() ? child_lines_.front(slot) : std::nullopt;
  return serial ? task(*serial) : nullptr;
}

void Foreman::drop(std::uint64_t serial) {
  const auto found = held_.find(serial);
  if (found->second.progress) --progress_waiting_;
  // An abandoned one has no claim to its grant: another broker may have given out the same one anew.
  if (const auto named = serials_.find(found->second.task.grant); named != serials_.end() && named->second == serial) {
    serials_.erase(named);
  }
  held_.erase(found);
}

void Foreman::leave_waiting(std::uint64_t serial) {
  const auto found = std::find(waiting_.begin(), waiting_.end(), serial);
  if (found != waiting_.end()) waiting_.erase(found);
}

// True: it is in no line any more, and has not started.
bool Foreman::take_back(std::uint64_t serial, Held& held) {
  if (!held.slot) return true;
  if (held.task.process) return take_back_process(serial, held);
  const auto child = child_lines_.key(*held.slot);
  if (!child || !hands_.take_back(*child, serial)) return false;
  child_lines_.take_back(now_, *held.slot, serial);
  held.slot.reset();
  return true;
}

std::vector<proto::Grant> Foreman::held() {
  std::vector<proto::Grant> grants;
  for (const auto& [serial, held] : held_) {
    if (held.ending.reason() != EndReason::abandoned) grants.push_back(held.task.grant);
  }
  return grants;
}

// ---- The broker -----------------------------------------------------------------------------------------------------

void Foreman::receive(proto::Instant now, const proto::Envelope& envelope) {
  now_ = now;
  session_.receive(now, envelope);
}

void Foreman::on_granted(proto::GrantedTask task) {
  if (serials_.count(task.grant) != 0) return;
  const auto handler = handlers_.find(task.name);
  if (handler == handlers_.end()) {
    return refuse(task, Errc::unknown_task, "this worker has no handler for " + task.name);
  }
  const std::uint64_t hash = config_.tasks[handler->second].hash;
  if (task.signature != 0 && task.signature != hash) {
    return refuse(task, Errc::signature_mismatch,
                  task.name + " was submitted with another signature than this worker's handler has");
  }
  const std::uint64_t serial = ++last_serial_;
  serials_.emplace(task.grant, serial);
  Held& held = held_[serial];
  held.bytes = task.payload.size();
  held.task = std::move(task);
  for (auto* limit : {&held.task.soft_timeout, &held.task.timeout})
    *limit = std::clamp(*limit, proto::milliseconds{0}, proto::limits::kMaxDuration);
  held.handler = handler->second;
  held.granted_at = now_;
  if (held.task.process) return start_process(serial, held);
  waiting_.push_back(serial);
}

void Foreman::on_revoke(const proto::Grant& grant) {
  std::uint64_t serial = 0;
  Held* held = find(grant, serial);
  if (held == nullptr) return session_.add_revoked(grant, proto::RevokeState::unknown);
  if (proto::mutant(proto::Mutant::revoked_and_kept)) return session_.add_revoked(grant, proto::RevokeState::returned);
  if (take_back(serial, *held)) {
    leave_waiting(serial);
    drop(serial);
    return session_.add_revoked(grant, proto::RevokeState::returned);
  }
  held->ending.end(EndReason::cancelled, now_, grace_of(*held));
  session_.add_revoked(grant, proto::RevokeState::stopping);
}

void Foreman::on_abandon(const proto::Grant& grant) {
  std::uint64_t serial = 0;
  Held* held = find(grant, serial);
  if (held == nullptr) return;
  if (take_back(serial, *held)) {
    leave_waiting(serial);
    drop(serial);
  } else {
    held->ending.end(EndReason::abandoned, now_, grace_of(*held));
    if (std::exchange(held->progress, {})) --progress_waiting_;
    serials_.erase(grant);
  }
}

void Foreman::on_welcome(const proto::Welcome& welcome) {
  welcomed_ = true;
  process_slots_.for_each([&](std::uint32_t, std::uint64_t serial) { tell_started(*find(serial)); });
  hands_.on_welcome(welcome);
}

void Foreman::on_refused(Errc code, const std::string& text) { refusal_ = std::string{errc_name(code)} + ": " + text; }

// ---- Outcomes -------------------------------------------------------------------------------------------------------

void Foreman::refuse(const proto::GrantedTask& task, Errc code, std::string message) {
  Held held;
  held.task.grant = task.grant;
  proto::OutcomeRecord record;
  record.outcome = proto::Outcome::ended(proto::OutcomeKind::failed, code, std::move(message));
  record.outcome.error->type = errc_name(code);
  report(held, std::move(record));
}

void Foreman::report(const Held& held, proto::OutcomeRecord record) {
  if (held.ending.reason() == EndReason::abandoned) return;
  record.grant = held.task.grant;
  record.outcome.attempt = held.task.grant.attempt;
  record.outcome.worker = config_.name;
  session_.add_outcome(std::move(record));
}

void Foreman::result(proto::Instant now, ChildKey child, const ChildResult& result) {
  now_ = now;
  if (result.leaving != Leaving::no && !process_slots_.is(child)) {
    child_lines_.close(child.slot);
    call_back(child.slot);
  }
  Held* held = find(result.serial);
  if (held == nullptr) return;
  if (held->task.process) return process_result(*held, result);
  child_lines_.remove(now, child.slot, result.serial);
  begin_front(child.slot);
  estimates_.measured(held->handler, result.run_us, held->bytes);
  if (held->progress) session_.add_progress(*held->progress);
  report(*held, result.verdict == Verdict::succeeded ? success_of(result) : failure_of(*held, result));
  drop(result.serial);
}

proto::OutcomeRecord Foreman::success_of(const ChildResult& result) {
  proto::OutcomeRecord record;
  record.run_us = result.run_us;
  record.outcome.kind = proto::OutcomeKind::succeeded;
  record.outcome.value = proto::Payload::copy(result.payload);
  return record;
}

proto::OutcomeRecord Foreman::failure_of(const Held& held, const ChildResult& result) {
  proto::OutcomeRecord record;
  record.run_us = result.run_us;
  record.retry_delay = proto::milliseconds{result.retry_delay_ms};
  record.outcome.kind = result.verdict == Verdict::retry ? proto::OutcomeKind::retry : proto::OutcomeKind::failed;
  proto::ErrorReport error;
  error.code = errc_from(result.code);
  error.type = result.type;
  error.message = result.message;
  error.backtrace = result.backtrace;
  error.cause = result.cause;
  // A handler that gave up because it was told to.
  if (const auto ended = ending_of(held.ending.reason())) {
    record.outcome.kind = ended->kind;
    error.code = ended->code;
  }
  record.outcome.error = std::move(error);
  return record;
}

void Foreman::report_loss(const Held& held, proto::Forensics forensics, std::string message) {
  const Ended ended = ending_of(held.ending.reason()).value_or(Ended{proto::OutcomeKind::lost, Errc::worker_lost, ""});
  proto::OutcomeRecord record;
  record.outcome = proto::Outcome::ended(ended.kind, ended.code, ended.text + std::move(message));
  proto::ErrorReport& error = *record.outcome.error;
  error.type = errc_name(ended.code);
  if (ended.kind == proto::OutcomeKind::timed_out) {
    error.message += " (its limit: " + std::to_string(held.task.timeout.count()) + " ms)";
  }
  error.forensics = std::move(forensics);
  report(held, std::move(record));
}

void Foreman::progress(std::uint64_t serial, double fraction, std::string_view note) {
  Held* held = find(serial);
  if (held == nullptr || held->ending.reason() == EndReason::abandoned) return;
  if (!held->progress) ++progress_waiting_;
  held->progress = {held->task.id, held->task.grant, fraction,
                    std::string{note.substr(0, proto::limits::kMaxProgressNote)}};
}

// ---- The children ---------------------------------------------------------------------------------------------------

std::string Foreman::death_text(const ControlFacts& facts) {
  if (facts.pid == 0) return "no child could be forked for it";
  const std::string who = "child " + std::to_string(facts.pid);
  if (facts.signal == 0) return who + " exited with code " + std::to_string(facts.exit_code) + " in the task";
  std::string text = who + " was killed by " + signal_name(facts.signal);
  if (facts.signal == SIGKILL && facts.killed_by_us == 0) text += ", which no one here sent: out of memory?";
  return text;
}

void Foreman::child_died(proto::Instant now, const ControlFacts& facts, std::string output,
                         const std::function<bool(std::uint64_t)>& started) {
  now_ = now;
  const auto forensics = forensics_of(facts, std::move(output));
  if (facts.pid != 0) session_.add_gone(static_cast<std::uint32_t>(facts.pid));
  if (process_slots_.has(facts.child.slot)) return process_died(facts, forensics);
  const auto line = child_lines_.gone(facts.child);
  for (auto serial = line.rbegin(); serial != line.rend(); ++serial) {
    Held* held = find(*serial);
    if (held == nullptr) continue;
    held->slot.reset();
    if (started(*serial)) {
      report_loss(*held, forensics, death_text(facts));
      drop(*serial);
    } else {
      waiting_.push_front(*serial);
    }
  }
}

void Foreman::call_back(std::uint32_t slot) {
  const auto behind = child_lines_.behind_front(slot);
  // From the end: the child takes them up from the front meanwhile.
  for (auto serial = behind.rbegin(); serial != behind.rend(); ++serial) {
    Held* held = find(*serial);
    if (held == nullptr || !take_back(*serial, *held)) return;
    waiting_.push_front(*serial);
  }
}

void Foreman::call_back_overdue() {
  for (const auto slot : child_lines_.overdue(now_)) call_back(slot);
}

void Foreman::spread() {
  while (!waiting_.empty()) {
    const std::uint64_t serial = waiting_.front();
    Held& held = *find(serial);
    const auto estimate = estimates_.run_us(held.handler);
    const auto slot = child_lines_.choose(now_, estimate);
    if (!slot) return;
    waiting_.pop_front();
    held.slot = slot;
    child_lines_.put(now_, *slot, serial, estimate);
    if (child_lines_.front(*slot) == serial) begin_front(*slot);
    hands_.assign(*child_lines_.key(*slot), serial, held.handler, held.task);
  }
}

void Foreman::begin_front(std::uint32_t slot) {
  const auto serial = child_lines_.front(slot);
  if (!serial) return;
  Held& held = *find(*serial);
  held.ending.begin(now_, held.task.soft_timeout, held.task.timeout);
}

void Foreman::hand_back_stale() {
  while (!waiting_.empty()) {
    Held& held = *find(waiting_.front());
    if (now_ < held.granted_at + kLongestWait && !proto::buggify(proto::Path::handed_back)) return;
    session_.add_return(held.task.grant);
    const std::uint64_t serial = waiting_.front();
    waiting_.pop_front();
    drop(serial);
  }
}

void Foreman::hand_back_all() {
  for (std::uint32_t slot = 0; slot < child_lines_.slots(); ++slot) call_back(slot);
  for (const std::uint64_t serial : std::exchange(waiting_, {})) {
    session_.add_return(find(serial)->task.grant);
    drop(serial);
  }
}

// ---- Ending ---------------------------------------------------------------------------------------------------------

void Foreman::end_due() {
  for (std::uint32_t slot = 0; slot < child_lines_.slots(); ++slot) {
    const auto serial = child_lines_.front(slot);
    if (!serial) continue;
    Held& held = *find(*serial);
    if (now_ < held.ending.next()) continue;
    Hands hands{hands_, *child_lines_.key(slot), *serial};
    held.ending.tick(now_, config_.kill_grace, hands);
    if (!held.ending.condemned()) continue;
    child_lines_.close(slot);
    call_back(slot);
  }
  end_due_processes();
}

void Foreman::end_running(EndReason reason) {
  for (auto& [serial, held] : held_) {
    if (held.slot) held.ending.end(reason, now_, config_.kill_grace);
  }
}

void Foreman::drain(proto::Instant now, proto::Instant deadline) {
  now_ = now;
  draining_ = true;
  drain_deadline_ = deadline;
  leave_at_ = deadline + 2 * config_.kill_grace + kLastAcknowledgements;
  session_.drain(now);
}

void Foreman::stop(proto::Instant now) {
  now_ = now;
  stopped_ = true;
  draining_ = true;
  hand_back_all();
  for (const auto& [serial, held] : held_) {
    if (held.record)
      report(held, *held.record);
    else
      report_loss(held, {}, "its worker was stopped at once");
  }
  held_.clear();
  serials_.clear();
  for (std::uint32_t slot = 0; slot < child_lines_.slots(); ++slot) {
    if (const auto child = child_lines_.key(slot)) child_lines_.gone(*child);
  }
  process_slots_.clear();
  session_.set_room(0);
  session_.flush(now);
  session_.goodbye(now, "stopped at once");
}

bool Foreman::finished(proto::Instant now) const {
  if (stopped_) return true;
  if (!draining_) return false;
  return (held_.empty() && (session_.unacknowledged() == 0 || !welcomed_)) || now >= leave_at_;
}

// ---- Settling -------------------------------------------------------------------------------------------------------

void Foreman::settle(proto::Instant now) {
  now_ = now;
  call_back_overdue();
  if (draining_)
    hand_back_all();
  else
    spread();
  hand_back_stale();
  if (now >= drain_deadline_) {
    drain_deadline_ = proto::kNever;
    end_running(EndReason::shutdown);
  }
  end_due();
  flush_progress();
  update_room();
  session_.tick(now);
  session_.flush(now);
  if (draining_ && finished(now)) session_.goodbye(now, "drained");
}

void Foreman::update_room() {
  std::size_t target = 0;
  if (!draining_ && session_.unacknowledged() <= kMaxInHand && !proto::buggify(proto::Path::little_credit)) {
    target = std::min(child_lines_.capacity(now_, estimates_.ahead()), kMaxInHand);
  }
  const std::size_t processes = process_slots_.count();
  const std::size_t in_pool = held_.size() - processes;
  session_.set_room(target - std::min(target, in_pool));
  const std::size_t running = std::min(child_lines_.running(), in_pool);
  session_.set_load(static_cast<std::uint32_t>(running + processes), static_cast<std::uint32_t>(in_pool - running));
}

void Foreman::flush_progress() {
  if (progress_waiting_ == 0 || !session_.established()) return;  // until then each keeps its last one
  for (auto& [serial, held] : held_) {
    if (!held.progress || now_ < held.progress_at) continue;
    session_.add_progress(std::move(*held.progress));
    held.progress.reset();
    held.progress_at = now_ + kProgressPause;
    --progress_waiting_;
  }
}

proto::Instant Foreman::next() const {
  proto::Instant next = std::min({session_.next(), child_lines_.next_overdue(), drain_deadline_, leave_at_});
  if (estimates_.ahead() != 0) next = std::min(next, child_lines_.next_late(now_));
  if (!waiting_.empty()) next = std::min(next, held_.at(waiting_.front()).granted_at + kLongestWait);
  for (std::uint32_t slot = 0; slot < child_lines_.slots(); ++slot) {
    if (const auto serial = child_lines_.front(slot)) next = std::min(next, held_.at(*serial).ending.next());
  }
  process_slots_.for_each([&](std::uint32_t slot, std::uint64_t serial) {
    if (process_slots_.key(slot)) next = std::min(next, held_.at(serial).ending.next());
  });
  if (progress_waiting_ != 0 && session_.established()) {
    for (const auto& [serial, held] : held_) {
      if (held.progress) next = std::min(next, held.progress_at);
    }
  }
  return next;
}

}  // namespace forkmill::worker
