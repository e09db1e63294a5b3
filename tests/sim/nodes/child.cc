#include "tests/sim/nodes/child.h"

#include <algorithm>
#include <csignal>

#include "tests/sim/nodes/client_node.h"

namespace forkmill::sim {

using namespace std::chrono_literals;
using worker::Leaving;
using worker::Verdict;

Child::Child(World& world, History& history, ChildOwner& owner, worker::ChildKey key, std::uint32_t pid, bool process)
    : world_{world}, history_{history}, owner_{owner}, key_{key}, pid_{pid}, process_{process} {
  after(world_.random.between(Instant{100us}, Instant{20ms}) + world_.drag(world_.options.slow.birth),
        [this] { be_born(); });
}

// Calls `what` after `pause`, but not while the pool stands still, and not if this child is gone.
void Child::after(Instant pause, std::function<void()> what) {
  const Instant when = std::max(world_.now() + pause, owner_.stopped_until());
  world_.at(when, [this, alive = alive_, what = std::move(what)] {
    if (!*alive || state_ == State::dead) return;
    if (world_.now() < owner_.stopped_until()) return after({}, what);
    what();
  });
}

void Child::be_born() {
  if (!world_.calm && world_.random.chance(world_.options.stillborn)) return die(0, 1);
  state_ = State::idle;
  said_.emplace_back();
  owner_.rang();
  look();
}

// ---- The link's hands -----------------------------------------------------------------------------------------------

void Child::give(std::uint64_t serial, const proto::GrantedTask& task) {
  line_.push_back({serial, task});
  if (process_) {
    own_ = task;
    history_.processes().began(task.id, task.grant, pid_);
  }
  look();
}

bool Child::take_back(std::uint64_t serial) {
  const auto found = std::find_if(line_.begin(), line_.end(), [&](const Work& work) { return work.serial == serial; });
  if (found == line_.end()) return false;
  line_.erase(found);
  return true;
}

bool Child::condemn(std::uint64_t serial) {
  if (state_ != State::running || !current_ || current_->serial != serial) return false;
  condemned_ = true;
  return true;
}

void Child::request_stop(std::uint64_t serial) {
  if (!runs(serial) || stubborn_) return;
  after(world_.random.between(Instant{10us}, Instant{5ms}), [this, serial] {
    if (runs(serial) && state_ == State::running) finish(Verdict::failed);
  });
}

void Child::signal(int number) {
  if (number == SIGTERM && stubborn_) return;
  killed_by_us_ = true;
  after(world_.random.between(Instant{50us}, Instant{2ms}), [this, number] { die(number, -1); });
}

// SIGTERM and SIGKILL do what they always do; other signals do nothing.
void Child::signal_of_parent(int number) {
  if (own_) history_.processes().signal_arrived(own_->id, own_->grant, number);
  if (number == SIGTERM || number == SIGKILL) signal(number);
}

// ---- What it does ---------------------------------------------------------------------------------------------------

void Child::look() {
  if (looking_ || line_.empty() || state_ != State::idle) return;
  looking_ = true;
  after(world_.random.between(Instant{1us}, Instant{60us}), [this] {
    looking_ = false;
    if (state_ == State::idle && !line_.empty()) begin();
  });
}

void Child::begin() {
  current_ = std::move(line_.front());
  line_.pop_front();
  state_ = State::running;
  began_ = world_.now();
  history_.executions().started(current_->task);
  const Options& options = world_.options;
  Random& random = world_.random;
  stubborn_ = random.chance(options.stubborn);
  const Instant run = random.between(Instant{1us}, process_ ? options.process_time : options.run_time);
  if (options.families > 0 && family_ == nullptr && !world_.calm && random.chance(options.families)) {
    family_ = owner_.settle_in(*this);
    if (family_ != nullptr) after(run / 2, [this] { family_->act_with_objects(); });
  }
  if (!world_.calm && random.chance(options.child_dies)) return after(run, [this] { die(SIGSEGV, -1); });
  if (random.chance(options.progress)) after(run / 2, [this] { note_progress(); });
  const auto verdict = random.chance(options.throws)       ? Verdict::failed
                       : random.chance(options.asks_retry) ? Verdict::retry
                                                           : Verdict::succeeded;
  after(run, [this, verdict, serial = current_->serial] {
    if (runs(serial) && state_ == State::running) finish(verdict);
  });
}

void Child::note_progress() {
  if (state_ != State::running) return;
  Said said;
  said.kind = Said::progress;
  said.serial = current_->serial;
  said.fraction = 0.5;
  said_.push_back(std::move(said));
  owner_.rang();
}

void Child::finish(Verdict verdict) {
  if (own_) history_.processes().finished(own_->id, own_->grant, owner_.in_reach_since());
  Said said;
  said.kind = Said::result;
  said.serial = current_->serial;
  said.verdict = verdict;
  said.run_us = static_cast<std::uint64_t>((world_.now() - began_).count());
  if (verdict == Verdict::retry && world_.random.chance(0.5))
    said.retry_delay_ms = static_cast<std::int64_t>(world_.random.below(world_.random.chance(0.1) ? 20'000 : 3000));
  if (verdict != Verdict::succeeded) history_.executions().threw(current_->task);
  if (verdict == Verdict::succeeded) {
    history_.executions().succeeded(current_->task);
    said.value = Executions::value_of(current_->task);
    if (world_.random.chance(world_.options.large))
      said.value += ";" + std::string(world_.random.between(16'000, 40'000), 'z');
  }
  const auto most = world_.options.max_tasks_per_child;
  const bool last = process_ || (most != 0 && ++taken_ >= most);
  said.leaving = last && !process_ ? Leaving::task_count : Leaving::no;
  said_.push_back(std::move(said));
  history_.executions().stopped(current_->task);
  current_.reset();
  state_ = last || condemned_ ? State::leaving : State::idle;
  owner_.rang();
  if (state_ == State::leaving) return after(world_.random.between(Instant{50us}, Instant{5ms}), [this] { die(0, 0); });
  look();
}

// The client in a process ends with it, without a message.
void Child::bury_family() {
  if (own_) history_.processes().ended(own_->id, own_->grant);
  if (family_ != nullptr) family_->crash();
}

Child::~Child() {
  *alive_ = false;
  if (current_) history_.executions().stopped(current_->task);
  if (state_ != State::dead) bury_family();
}

void Child::die(int number, int exit_code) {
  worker::ControlFacts facts;
  facts.kind = worker::ControlKind::died;
  facts.child = key_;
  facts.pid = static_cast<std::int32_t>(pid_);
  facts.signal = number;
  facts.exit_code = exit_code;
  facts.killed_by_us = killed_by_us_ ? 1 : 0;
  facts.at_birth = state_ == State::starting ? 1 : 0;
  state_ = State::dead;
  if (current_) history_.executions().stopped(current_->task);
  bury_family();
  owner_.died(facts);
}

}  // namespace forkmill::sim
