#include "tests/sim/nodes/child.h"

#include <algorithm>
#include <csignal>

#include "tests/sim/nodes/client_node.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

Child::Child(World& world, History& history, ChildOwner& owner, Identity identity)
    : world_{world}, history_{history}, owner_{owner}, identity_{identity}, work_{world, history, *this} {
  after(world_.random.between(Instant{100us}, Instant{20ms}) + world_.drag(world_.options.slow.birth),
        [this] { be_born(); });
}

Child::~Child() {
  *alive_ = false;
  if (work_.task() != nullptr) history_.executions().stopped(*work_.task());
  if (state_ != State::dead) bury_family();
}

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
  state_ = State::alive;
  work_.begin();
}

void Child::give(std::uint64_t serial, const proto::GrantedTask& task) {
  if (identity_.process) {
    own_ = task;
    history_.processes().began(task.id, task.grant, identity_.pid);
  }
  work_.give(serial, task);
}

void Child::signal(int number) {
  if (number == SIGTERM && work_.stubborn()) return;
  killed_by_us_ = true;
  after(world_.random.between(Instant{50us}, Instant{2ms}), [this, number] { die(number, -1); });
}

// SIGTERM and SIGKILL do what they always do; other signals do nothing.
void Child::signal_of_parent(int number) {
  if (own_) history_.processes().signal_arrived(own_->id, own_->grant, number);
  if (number == SIGTERM || number == SIGKILL) signal(number);
}

void Child::may_found_family(Instant run) {
  const double families = world_.options.families;
  if (families == 0 || family_ != nullptr || world_.calm || !world_.random.chance(families)) return;
  family_ = owner_.settle_in(identity_.pid);
  if (family_ != nullptr) after(run / 2, [this] { family_->users().act_both(); });
}

void Child::note_finished() const {
  if (own_) history_.processes().finished(own_->id, own_->grant, owner_.in_reach_since());
}

// The client in a process ends with it, without a message.
void Child::bury_family() {
  if (own_) history_.processes().ended(own_->id, own_->grant);
  if (family_ != nullptr) family_->crash();
}

void Child::die(int number, int exit_code) {
  worker::ControlFacts facts;
  facts.kind = worker::ControlKind::died;
  facts.child = identity_.key;
  facts.pid = static_cast<std::int32_t>(identity_.pid);
  facts.signal = number;
  facts.exit_code = exit_code;
  facts.killed_by_us = killed_by_us_ ? 1 : 0;
  facts.at_birth = state_ == State::starting ? 1 : 0;
  state_ = State::dead;
  if (work_.task() != nullptr) history_.executions().stopped(*work_.task());
  bury_family();
  owner_.died(facts);
}

}  // namespace forkmill::sim
