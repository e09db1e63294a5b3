#include "tests/fuzz/worker_world.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "proto/wire/codec.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/round_trip.h"

namespace forkmill::fuzz {

using namespace proto;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kSlots = 2;

worker::ForemanConfig draw(Feed& feed) {
  worker::ForemanConfig config;
  config.tasks = {{"t.echo", 11}, {"q", 22}};
  config.slots = kSlots;
  config.max_tasks_per_child = feed.below(4);
  config.max_processes = feed.below(4);
  config.kill_grace = Instant{100ms} * static_cast<std::int64_t>(feed.below(30));
  config.name = "worker";
  config.host = "host";
  return config;
}

Hello hello() {
  Hello hello;
  hello.role = Role::worker;
  hello.name = "worker";
  hello.worker.queues = {"default"};
  return hello;
}

}  // namespace

WorkerWorld::WorkerWorld(Feed& feed) : feed_{feed}, foreman_{draw(feed), hello(), 1, *this} {
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) spawn(slot);
  linked_ = true;
  foreman_.connected(now_);
  carry_out();
  settle();
  welcome();
  settle();
}

void WorkerWorld::step() {
  switch (feed_.below(20)) {
    case 0:
      linked_ = !linked_;
      linked_ ? foreman_.connected(now_) : foreman_.disconnected();
      carry_out();
      break;
    case 1:
    case 2:
      welcome();
      break;
    case 3:
      pass(Instant{1000} * static_cast<std::int64_t>(feed_.byte()));
      break;
    case 4:
      pass(Instant{1s} * static_cast<std::int64_t>(feed_.below(20)));
      break;
    case 5:
    case 6:
    case 7:
      grant();
      break;
    case 8:
      acknowledge();
      break;
    case 9:
      hear_bytes();
      break;
    case 10:
    case 11:
    case 12:
      hear_anything();
      break;
    case 13:
      if (feed_.below(16) == 0 && !std::exchange(draining_, true)) foreman_.drain(now_, now_ + 5s);
      break;
    default: {
      const std::uint32_t slot = static_cast<std::uint32_t>(feed_.below(kSlots + 3));
      if (const auto found = children_.find(slot); found != children_.end()) {
        act(found->second);
      } else if (slot < kSlots) {
        spawn(slot);
      } else if (!to_fork_.empty()) {
        const std::uint32_t wanted = to_fork_.back();
        to_fork_.pop_back();
        if (feed_.below(4) != 0)
          spawn(wanted);
        else
          foreman_.handle(now_, worker::ChildDeath{{worker::ControlKind::died, {wanted, 0}}, {}, {}});
      }
    }
  }
  if (feed_.below(4) != 0) settle();
}

void WorkerWorld::end() {
  settle();
  if (!std::exchange(draining_, true)) foreman_.drain(now_, now_ + 5s);
  for (int i = 0; i < 200 && !foreman_.finished(now_); ++i) {
    settle();
    for (const std::uint32_t slot : std::exchange(to_fork_, {})) spawn(slot);
    bury_the_killed();
    pass(200ms);
  }
  require(foreman_.finished(now_), "a drain ends");
  foreman_.stop(now_);
  carry_out();
  require(foreman_.attempts().empty(), "no attempt is left in hand");
}

// ---- The broker -----------------------------------------------------------------------------------------------------

void WorkerWorld::welcome() {
  if (!linked_) foreman_.connected(now_);
  carry_out();
  linked_ = true;
  Welcome welcome;
  if (feed_.below(4) == 0) Filler{feed_, palette_}.get(welcome);
  welcome.nonce = nonce_;
  if (feed_.below(4) != 0) {
    welcome.heartbeat = 2s;
    welcome.session_timeout = 10s;
  }
  session_ = welcome.session = SessionId{++last_seq_};
  if (feed_.below(4) == 0 && !palette_.grants.empty()) welcome.abandon = {feed_.pick(palette_.grants)};
  foreman_.handle(now_, {{session_, MessageSeq{1}}, std::move(welcome)});
  carry_out();
}

void WorkerWorld::grant() {
  Grants grants;
  grants.tasks.resize(1 + feed_.below(3));
  for (GrantedTask& task : grants.tasks) {
    Filler{feed_, palette_}.get(task);
    if (feed_.below(8) == 0) continue;
    task.grant = {Epoch{1}, TaskSeq{1 + feed_.below(64)}, Attempt{1 + static_cast<std::uint32_t>(feed_.below(3))}};
    task.edit().name = feed_.flag() ? "t.echo" : "q";
    task.edit().signature = 0;
    task.edit().options.soft_timeout = milliseconds{static_cast<std::int64_t>(feed_.byte()) * 10};
    task.edit().options.timeout = milliseconds{static_cast<std::int64_t>(feed_.byte()) * 20};
    Palette::remember(palette_.grants, task.grant);
  }
  hear(std::move(grants));
}

void WorkerWorld::acknowledge() { hear(OutcomeAck{std::exchange(unacknowledged_, {})}); }

void WorkerWorld::hear_anything() {
  Envelope envelope{{session_, MessageSeq{++last_seq_}}, make_message(feed_, palette_)};
  if (feed_.below(8) == 0) envelope.header.session = SessionId{feed_.number()};
  if (auto* welcome = std::get_if<Welcome>(&envelope.message); welcome != nullptr && feed_.flag())
    welcome->nonce = nonce_;
  foreman_.handle(now_, std::move(envelope));
  carry_out();
}

void WorkerWorld::hear_bytes() {
  auto read = decode(feed_.bytes(512));
  if (!read.ok()) return;
  if (feed_.flag()) read.value().header.session = session_;
  foreman_.handle(now_, std::move(read.value()));
  carry_out();
}

void WorkerWorld::hear(Message message) {
  foreman_.handle(now_, {{session_, MessageSeq{++last_seq_}}, std::move(message)});
  carry_out();
}

// ---- The children ---------------------------------------------------------------------------------------------------

void WorkerWorld::spawn(std::uint32_t slot) {
  Child child;
  child.key = {slot, ++generations_[slot]};
  child.pid = static_cast<std::uint32_t>(++last_pid_);
  children_[slot] = child;
  foreman_.spawned(child.key, child.pid);
  carry_out();
}

void WorkerWorld::act(Child& child) {
  const std::uint32_t slot = child.key.slot;
  if (!child.born) {
    if (feed_.below(8) == 0) return die(slot, false);
    child.born = true;
    return foreman_.handle(now_, child.key, worker::ChildBorn{});
  }
  switch (feed_.below(8)) {
    case 0:
      return die(slot, feed_.flag());
    case 1:
      if (child.running != 0)
        foreman_.handle(
            now_, child.key,
            worker::ChildProgress{child.running, static_cast<double>(feed_.byte()) / 100, feed_.bytes(2000)});
      return;
    case 2:  // nonsense: the foreman does not trust a child
      foreman_.handle(child.key, worker::ChildOutput{feed_.flag(), feed_.number(), feed_.bytes(2000)});
      foreman_.handle(now_, child.key, worker::ChildOutputMark{{feed_.number(), feed_.number()}});
      foreman_.handle(now_, child.key, worker::ChildLog{feed_.number(), 9, "a line of no attempt", {}});
      return foreman_.handle(now_, child.key, worker::ChildProgress{feed_.number(), 0.5, "no such attempt"});
    default:
      break;
  }
  if (child.running == 0 && !child.ring.empty() && !child.condemned) {
    child.running = child.ring.front();
    child.ring.erase(child.ring.begin());
  } else if (child.running != 0) {
    finish(child);
  }
}

void WorkerWorld::finish(Child& child) {
  worker::ChildResult result;
  result.serial = std::exchange(child.running, 0);
  result.verdict = static_cast<worker::Verdict>(feed_.below(4));
  result.leaving = feed_.below(8) == 0 ? worker::Leaving::memory : worker::Leaving::no;
  result.run_us = feed_.number();
  result.retry_delay_ms = static_cast<std::int64_t>(feed_.number());
  result.code = static_cast<std::uint16_t>(feed_.number());
  result.payload = feed_.bytes(64);
  result.type = feed_.bytes(32);
  foreman_.handle(now_, child.key, result);
}

void WorkerWorld::die(std::uint32_t slot, bool by_us) {
  const Child child = children_.at(slot);
  worker::ControlFacts facts;
  facts.kind = worker::ControlKind::died;
  facts.child = child.key;
  facts.pid = static_cast<std::int32_t>(child.pid);
  facts.signal = static_cast<std::int32_t>(feed_.below(70));
  facts.killed_by_us = by_us ? 1 : 0;
  facts.at_birth = child.born ? 0 : 1;
  children_.erase(slot);
  foreman_.handle(now_, worker::ChildDeath{facts, std::string{feed_.bytes(64)}, {child.running}});
}

void WorkerWorld::bury_the_killed() {
  std::vector<std::uint32_t> dead;
  for (const auto& [slot, child] : children_)
    if (child.killed) dead.push_back(slot);
  for (const std::uint32_t slot : dead) die(slot, true);
}

// Lets the foreman work until it has nothing more to do at this time.
void WorkerWorld::settle() {
  constexpr int kPatience = 20;
  for (int i = 0; i < kPatience; ++i) {
    foreman_.tick(now_);
    foreman_.flush(now_);
    carry_out();
    if (foreman_.next_wakeup() > now_ || foreman_.finished(now_)) return;
  }
  require(false, "a worker without input comes to rest");
}

WorkerWorld::Child* WorkerWorld::living(ChildKey key) {
  const auto found = children_.find(key.slot);
  return found == children_.end() || found->second.key != key ? nullptr : &found->second;
}

// ---- Rings and effects ----------------------------------------------------------------------------------------------

bool WorkerWorld::revoke(ChildKey key, std::uint64_t serial) {
  Child* child = living(key);
  return child != nullptr && std::erase(child->ring, serial) != 0;
}

bool WorkerWorld::condemn(ChildKey key, std::uint64_t serial) {
  Child* child = living(key);
  if (child == nullptr || child->running != serial) return false;
  return child->condemned = true;
}

void WorkerWorld::carry_out() {
  const worker::Effects& effects = foreman_.take_effects();
  for (const auto& one : effects.assignments) assign(one);
  for (const auto& one : effects.stops) require(living(one.child) != nullptr, "requests to stop go to living children");
  for (const auto& one : effects.signals) signal(one);
  for (const auto& one : effects.forks) {
    require(one.slot >= kSlots && !children_.contains(one.slot), "processes have slots of their own");
    to_fork_.push_back(one.slot);
  }
  for (const auto& one : effects.send) send(one);
  if (effects.reconnect) linked_ = false;
}

void WorkerWorld::assign(const worker::Assignment& assignment) {
  const std::uint64_t serial = assignment.head.serial;
  Child* child = living(assignment.child);
  require(child != nullptr, "attempts go to living children");
  require(serials_.insert(serial).second || child->running != serial, "an attempt that runs is not given out again");
  require(assignment.head.handler < 2, "attempts go to handlers that exist");
  child->ring.push_back(serial);
}

void WorkerWorld::signal(const worker::SignalRequest& request) {
  if (!request.to_group) return require(request.child.slot >= kSlots, "signals go to processes");
  Child* child = living(request.child);
  if (child != nullptr && request.signal == SIGKILL) child->killed = true;
}

void WorkerWorld::send(const Envelope& envelope) {
  round_trip(envelope);
  if (const auto* hello = std::get_if<Hello>(&envelope.message)) {
    nonce_ = hello->nonce;
    unacknowledged_.clear();
  } else if (std::holds_alternative<Outcomes>(envelope.message)) {
    unacknowledged_.push_back(envelope.header.seq);
  }
}

}  // namespace forkmill::fuzz
