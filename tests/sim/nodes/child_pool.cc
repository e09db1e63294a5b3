#include "tests/sim/nodes/child_pool.h"

#include <utility>

namespace forkmill::sim {

using namespace std::chrono_literals;

ChildPool::ChildPool(World& world, History& history, std::string name, Places places, std::uint32_t pid, Owner owner)
    : world_{world},
      history_{history},
      name_{std::move(name)},
      places_{places},
      last_pid_{pid},
      owner_{std::move(owner)} {}

void ChildPool::start() {
  life_ = ++lives_;
  wanted_ = 0;
  scale(places_.children);
}

void ChildPool::stop() {
  life_ = 0;
  slots_.clear();
  deaths_.clear();
  stopped_until_ = {};
  hanging_.reset();
}

void ChildPool::scale(std::size_t children) {
  const auto before = std::exchange(wanted_, children);
  for (auto slot = static_cast<std::uint32_t>(before); slot < children; ++slot)
    if (!slots_[slot].child) spawn(slot);
}

void ChildPool::later(Instant pause, std::function<void()> what) {
  world_.after(pause, [this, life = life_, what = std::move(what)] {
    if (life == life_) what();
  });
}

void ChildPool::spawn(std::uint32_t number) {
  Slot& slot = slots_[number];
  const worker::ChildKey key{number, ++slot.generation};
  const std::uint32_t pid = ++last_pid_;
  slot.child = std::make_unique<Child>(world_, history_, static_cast<ChildOwner&>(*this),
                                       Child::Identity{key, pid, number >= places_.slots});
  owner_.spawned(key, pid);
  owner_.wake();
}

void ChildPool::fork(std::uint32_t slot) {
  later(world_.random.between(Instant{100us}, Instant{20ms}), [this, slot] { spawn_process(slot); });
}

// Sometimes there is no memory for another process.
void ChildPool::spawn_process(std::uint32_t slot) {
  if (world_.calm || !world_.random.chance(world_.options.stillborn / 4)) return spawn(slot);
  worker::ControlFacts facts;
  facts.kind = worker::ControlKind::died;
  facts.child = {slot, ++slots_[slot].generation};
  facts.at_birth = 1;
  deaths_.push_back(facts);
  owner_.wake();
}

void ChildPool::died(const worker::ControlFacts& facts) {
  world_.trace.note(world_.now(), name_,
                    "child " + std::to_string(facts.child.slot) + " dies of signal " + std::to_string(facts.signal));
  deaths_.push_back(facts);
  owner_.wake();
}

std::optional<worker::ControlFacts> ChildPool::next_death() {
  if (deaths_.empty()) return std::nullopt;
  const worker::ControlFacts facts = deaths_.front();
  deaths_.pop_front();
  return facts;
}

void ChildPool::bury(const worker::ControlFacts& facts) {
  const std::uint32_t number = facts.child.slot;
  Slot& slot = slots_[number];
  slot.child.reset();
  if (number >= wanted_) return;
  if (facts.at_birth == 0) slot.restart_backoff.succeeded();
  const Instant pause = facts.at_birth != 0 ? slot.restart_backoff.failed() : Instant{0};
  later(pause, [this, number] {
    if (number < wanted_ && !slots_[number].child) spawn(number);
  });
}

Child* ChildPool::find(worker::ChildKey key) {
  const auto place = slots_.find(key.slot);
  Child* found = place != slots_.end() ? place->second.child.get() : nullptr;
  return found != nullptr && found->identity().key == key ? found : nullptr;
}

void ChildPool::visit(const std::function<void(Child&)>& see) {
  for (auto& [number, slot] : slots_)
    if (slot.child) see(*slot.child);
}

bool ChildPool::revoke(worker::ChildKey key, std::uint64_t serial) {
  Child* child = find(key);
  return child != nullptr && child->work().take_back(serial);
}

bool ChildPool::condemn(worker::ChildKey key, std::uint64_t serial) {
  Child* child = find(key);
  return child != nullptr && child->work().condemn(serial);
}

}  // namespace forkmill::sim
