#include "tests/sim/nodes/worker_node.h"

#include <forkmill/signature.h>

#include <algorithm>

#include "tests/sim/nodes/workload.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

WorkerNode::WorkerNode(World& world, Network& network, History& history, std::size_t number, Settler settler)
    : world_{world},
      network_{network},
      history_{history},
      number_{number},
      name_{"worker-" + std::to_string(number)},
      alarm_{world, [this] { settle(); }},
      settler_{std::move(settler)},
      last_pid_{static_cast<std::uint32_t>(1000 * (number + 1))} {
  const Options& options = world_.options;
  // The first worker knows every task, so that every task finds a worker.
  const bool all = number == 0 || !options.specialists;
  for (std::size_t i = 0; i < options.kinds; ++i)
    if (all || world_.random.chance(0.5)) config_.tasks.push_back({Workload::task_name(i), signature_hash(kSignature)});
  config_.slots = world_.random.between(1, options.children);
  config_.max_tasks_per_child = options.max_tasks_per_child;
  config_.kill_grace = world_.random.between(Instant{10ms}, Instant{1s});
  config_.name = name_;
  config_.host = "host";
  config_.max_processes = all ? options.max_processes : world_.random.below(options.max_processes + 1);
  start();
}

// ---- Life -----------------------------------------------------------------------------------------------------------

proto::Hello WorkerNode::hello() {
  proto::Hello hello;
  hello.role = proto::Role::worker;
  hello.name = name_;
  hello.host = "host";
  hello.instance = instance_;
  hello.worker.children = static_cast<std::uint32_t>(config_.slots);
  hello.worker.max_processes = static_cast<std::uint32_t>(config_.max_processes);
  const bool all = number_ == 0 || !world_.options.specialists;
  for (std::size_t i = 0; i < world_.options.queues; ++i)
    if (all || world_.random.chance(0.5)) hello.worker.queues.push_back(Workload::queue_name(i));
  for (const auto& task : config_.tasks) hello.worker.tasks.push_back({task.name, kSignature});
  return hello;
}

void WorkerNode::start() {
  if (up()) return;
  ++lives_;
  world_.trace.note(world_.now(), name_, "starts");
  instance_ = world_.random.next() | 1;
  in_reach_since_ = proto::kNever;
  foreman_ = std::make_unique<worker::Foreman>(config_, hello(), world_.random.next(), *this);
  for (std::uint32_t slot = 0; slot < config_.slots; ++slot) spawn(slot);
  link_ = network_.attach(*this);
  soon();
}

void WorkerNode::crash() {
  if (!up()) return;
  world_.trace.note(world_.now(), name_, "is gone");
  link_.reset();
  slots_.clear();
  foreman_.reset();
  inbox_.clear();
  deaths_.clear();
  paused_until_ = children_stopped_until_ = {};
  alarm_.set(proto::kNever);
}

void WorkerNode::drain() {
  if (!up()) return;
  world_.trace.note(world_.now(), name_, "drains");
  foreman_->drain(world_.now(), world_.now() + world_.random.between(Instant{10ms}, Instant{5s}));
  carry_out(foreman_->take_effects());
  soon();
}

void WorkerNode::leave() {
  crash();
  world_.after(world_.random.between(Instant{10ms}, Instant{3s}), [this] { start(); });
}

void WorkerNode::cut() {
  if (!up()) return;
  disturbed(proto::kNever);
  link_->cut();
}

void WorkerNode::block(Instant until) {
  if (!up()) return;
  disturbed(until);
  link_->block(until);
}

void WorkerNode::hollow(bool up, bool down) {
  if (!this->up()) return;
  disturbed(proto::kNever);
  link_->hollow(up, down);
}

void WorkerNode::pause(Instant until, bool children_too) {
  if (!up()) return;
  world_.trace.note(world_.now(), name_, children_too ? "pauses, children too" : "its link pauses");
  paused_until_ = std::max(paused_until_, until);
  if (children_too) children_stopped_until_ = paused_until_;
  alarm_.set(paused_until_);
}

// ---- The supervisor -------------------------------------------------------------------------------------------------

void WorkerNode::spawn(std::uint32_t slot) {
  const worker::ChildKey key{slot, ++slots_[slot].generation};
  const std::uint32_t pid = ++last_pid_;
  slots_[slot].child = std::make_unique<Child>(world_, history_, *this, key, pid, slot >= config_.slots);
  foreman_->spawned(key, pid);
  carry_out(foreman_->take_effects());
  soon();
}

// Sometimes there is no memory for another process.
void WorkerNode::spawn_process(std::uint32_t slot) {
  if (world_.calm || !world_.random.chance(world_.options.stillborn / 4)) return spawn(slot);
  worker::ControlFacts facts;
  facts.kind = worker::ControlKind::died;
  facts.child = {slot, ++slots_[slot].generation};
  facts.at_birth = 1;
  deaths_.push_back(facts);
  soon();
}

void WorkerNode::died(const worker::ControlFacts& facts) {
  world_.trace.note(world_.now(), name_,
                    "child " + std::to_string(facts.child.slot) + " dies of signal " + std::to_string(facts.signal));
  deaths_.push_back(facts);
  soon();
}

void WorkerNode::bury() {
  while (!deaths_.empty()) {
    const worker::ControlFacts facts = deaths_.front();
    deaths_.pop_front();
    Slot& slot = slots_[facts.child.slot];
    if (slot.child != nullptr) read_child(*slot.child);  // its last words
    worker::ChildDeath death{facts, "", {}};
    if (slot.child != nullptr) death.started = slot.child->started();
    foreman_->handle(std::move(death));
    slot.child.reset();
    if (facts.child.slot >= config_.slots) continue;
    if (facts.at_birth == 0) slot.restart_backoff.succeeded();
    const Instant pause = facts.at_birth != 0 ? slot.restart_backoff.failed() : Instant{0};
    world_.after(pause, [this, number = facts.child.slot, life = lives_] {
      if (up() && life == lives_) spawn(number);
    });
  }
}

Child* WorkerNode::child(worker::ChildKey key) {
  const auto place = slots_.find(key.slot);
  Child* found = place != slots_.end() ? place->second.child.get() : nullptr;
  return found != nullptr && found->key() == key ? found : nullptr;
}

// ---- The link -------------------------------------------------------------------------------------------------------

void WorkerNode::link_up() {
  inbox_.push_back({Event::up, {}});
  soon();
}

void WorkerNode::link_down() {
  disturbed(proto::kNever);
  inbox_.push_back({Event::down, {}});
  soon();
}

void WorkerNode::arrived(proto::Envelope envelope) {
  inbox_.push_back({Event::message, std::move(envelope)});
  soon();
}

// One round, as Link::run() in worker/link/link.cc makes it.
void WorkerNode::settle() {
  if (!up()) return;
  const Instant now = world_.now();
  if (now < paused_until_) return alarm_.set(paused_until_);
  ++idle_rings_;
  if (!inbox_.empty() || !deaths_.empty()) idle_rings_ = 0;
  read_broker();
  read_children();
  bury();
  say_how_they_do();
  foreman_->tick(now);
  foreman_->flush(now);
  carry_out(foreman_->take_effects());
  if (foreman_->finished(now)) return leave();
  if (idle_rings_ > kMaxIdleRings) throw Violation{name_ + " wakes up again and again and does nothing"};
  if (const Instant next = foreman_->next_wakeup(); next != proto::kNever)
    alarm_.set_earlier(std::max(next, now + Instant{1}));
}

// Reports the children about once a heartbeat interval, as the link does (worker/link/process_report.h).
void WorkerNode::say_how_they_do() {
  const Instant now = world_.now();
  if (world_.options.max_processes == 0 || now < report_at_) return;
  report_at_ = now + Instant{world_.options.core.heartbeat};
  proto::Report report;
  for (const auto& [number, slot] : slots_) {
    if (slot.child == nullptr || !slot.child->lives()) continue;
    proto::ProcessRow row;
    row.pid = slot.child->pid();
    row.role = number < config_.slots ? proto::ProcessRole::child : proto::ProcessRole::process;
    row.state = "S";
    if (const proto::GrantedTask* task = slot.child->task()) row.grant = task->grant;
    report.processes.push_back(std::move(row));
  }
  foreman_->outbox().report = std::move(report);
}

void WorkerNode::read_broker() {
  while (!inbox_.empty()) {
    Event event = std::move(inbox_.front());
    inbox_.pop_front();
    switch (event.kind) {
      case Event::up:
        foreman_->connected(world_.now());
        break;
      case Event::down:
        foreman_->disconnected();
        break;
      case Event::message:
        check_credit(event.envelope);
        foreman_->handle(world_.now(), std::move(event.envelope));
        break;
    }
    carry_out(foreman_->take_effects());
  }
}

void WorkerNode::read_children() {
  for (auto& [number, slot] : slots_)
    if (slot.child) read_child(*slot.child);
}

void WorkerNode::read_child(Child& child) {
  for (const Child::Said& said : child.read()) {
    idle_rings_ = 0;
    if (said.kind == Child::Said::born) {
      foreman_->handle(world_.now(), child.key(), worker::ChildBorn{});
    } else if (said.kind == Child::Said::progress) {
      foreman_->handle(world_.now(), child.key(), worker::ChildProgress{said.serial, said.fraction, "half"});
    } else {
      worker::ChildResult result;
      result.serial = said.serial;
      result.verdict = said.verdict;
      result.leaving = said.leaving;
      result.run_us = said.run_us;
      result.retry_delay_ms = said.retry_delay_ms;
      result.code = said.verdict == worker::Verdict::succeeded ? 0 : static_cast<std::uint16_t>(Errc::handler_error);
      result.payload = said.value;
      foreman_->handle(world_.now(), child.key(), result);
    }
  }
}

// Checks that the broker keeps to the credit that it was given, as far as this end can tell.
void WorkerNode::check_credit(const proto::Envelope& envelope) {
  const auto* grants = std::get_if<proto::Grants>(&envelope.message);
  if (grants == nullptr || envelope.header.session != session_) return;
  granted_ += static_cast<std::uint64_t>(
      std::count_if(grants->tasks.begin(), grants->tasks.end(), [](const auto& task) { return !task.process; }));
  if (granted_ > credit_said_)
    throw Violation{"invariant 12: " + name_ + " was granted more than it ever gave credit for"};
}

// ---- Rings and effects ----------------------------------------------------------------------------------------------

bool WorkerNode::revoke(worker::ChildKey key, std::uint64_t serial) {
  Child* one = child(key);
  return one != nullptr && one->take_back(serial);
}

bool WorkerNode::condemn(worker::ChildKey key, std::uint64_t serial) {
  Child* one = child(key);
  return one != nullptr && one->condemn(serial);
}

void WorkerNode::carry_out(const worker::Effects& effects) {
  for (const auto& assignment : effects.assignments) assign(assignment);
  for (const auto& request : effects.stops)
    if (Child* one = child(request.child)) one->request_stop(request.serial);
  for (const auto& request : effects.signals) {
    Child* one = child(request.child);
    if (one != nullptr) request.to_group ? one->signal(request.signal) : one->signal_of_parent(request.signal);
  }
  for (const auto& request : effects.forks) fork(request.slot);
  for (const auto& envelope : effects.send) send(envelope);
  for (const auto& welcome : effects.welcomes) welcomed(welcome);
  for (const auto& error : effects.errors) world_.trace.note(world_.now(), name_, "is told: " + error.text);
  if (effects.refused) throw Violation{name_ + " was refused: " + effects.errors.back().text};
  if (!effects.reconnect) return;
  disturbed(proto::kNever);
  inbox_.clear();
  link_->reconnect();
}

void WorkerNode::assign(const worker::Assignment& assignment) {
  const std::uint64_t serial = assignment.head.serial;
  if (Child* one = child(assignment.child)) one->give(serial, foreman_->attempts().at(serial).task);
}

void WorkerNode::fork(std::uint32_t slot) {
  world_.after(world_.random.between(Instant{100us}, Instant{20ms}), [this, slot, life = lives_] {
    if (up() && life == lives_) spawn_process(slot);
  });
}

void WorkerNode::send(const proto::Envelope& envelope) {
  idle_rings_ = 0;
  const auto say = [&](std::uint64_t credit) { credit_said_ = std::max(credit_said_, credit); };
  if (const auto* credit = std::get_if<proto::Credit>(&envelope.message)) say(credit->total);
  if (const auto* outcomes = std::get_if<proto::Outcomes>(&envelope.message)) say(outcomes->credit);
  if (const auto* back = std::get_if<proto::Return>(&envelope.message)) say(back->credit);
  if (const auto* revoked = std::get_if<proto::Revoked>(&envelope.message)) say(revoked->credit);
  link_->send(envelope);
}

void WorkerNode::welcomed(const proto::Welcome& welcome) {
  session_ = welcome.session;
  in_reach_since_ = world_.now();
  for (const proto::Grant& grant : welcome.abandon) history_.processes().abandoned(grant);
  granted_ = credit_said_ = welcome.granted;
}

}  // namespace forkmill::sim
