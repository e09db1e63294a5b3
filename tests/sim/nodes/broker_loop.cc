#include "tests/sim/nodes/broker_loop.h"

#include <algorithm>
#include <utility>

#include "proto/random.h"

namespace forkmill::sim {

namespace {

constexpr std::size_t kRound = 256;  // as in broker/loop.cc

broker::CoreOptions core_options(const World& world) {
  broker::CoreOptions options = world.options.core;
  options.principal_of = Network::principal_of;
  options.rights_of = Network::rights_of;
  // Questions to the history take time. The audits of answers want those of the present.
  options.history = world.options.queries == 0 && world.options.operators == 0 && world.options.faults.stranger == 0;
  return options;
}

}  // namespace

BrokerLoop::BrokerLoop(Machine& machine, const broker::Store::Identity& identity, StoreFailed store_failed)
    : machine_{machine},
      recovered_{identity.last},
      core_{core_options(machine.world),
            {identity.id,
             identity.epoch,
             identity.last,
             machine.storage.store().durable(),
             "sim",
             {},
             identity.last_seq,
             proto::mix64(identity.epoch.value() << 48 ^ static_cast<std::uint64_t>(machine.world.now().count())),
             machine.shard,
             machine.shards},
            machine.clock.now()},
      pulse_{machine.world, machine.world.options.slow.broker, [this] { round(); }},
      commits_{machine.world, machine.storage,
               core_,         machine.clock,
               pulse_,        machine.at_next_commit,
               identity.last, {[this](broker::Send& one) { send(one); }, std::move(store_failed)}} {}

proto::Status BrokerLoop::recover() {
  broker::Store& store = machine_.storage.store();
  auto status = store.load([this](const broker::TaskSummary& task) { core_.recover(task); });
  if (status.ok()) {
    status =
        store.load_records([this](proto::TaskSeq seq, std::string_view bytes) { core_.recover_record(seq, bytes); });
  }
  if (status.ok()) core_.finish_recovery();
  return status;
}

void BrokerLoop::begin() {
  machine_.audits.begin(core_, recovered_, machine_.clock.skew());
  machine_.network.open(*this);
  commits_.look_for_room();
  pulse_.wake_now();
}

void BrokerLoop::fill_memory(Instant until) {
  machine_.world.trace.note(machine_.world.now(), "memory", "is full");
  core_.set_memory_full(true);
  machine_.world.at(until, [this, alive = alive_] {
    if (*alive) core_.set_memory_full(false);
  });
}

bool BrokerLoop::shut_down() {
  machine_.audits.shuts_down();
  core_.shut_down(machine_.clock.now());
  carry_out(core_.take_effects());
  return commits_.finish();
}

void BrokerLoop::arrived(proto::PeerId peer, proto::Envelope envelope) {
  inbox_.push_back({peer, std::move(envelope)});
  pulse_.soon();
}

broker::Effects BrokerLoop::handle_inbox(std::size_t& count) {
  const CoreMeter::Span span{machine_.meter};
  for (; count < kRound && !inbox_.empty(); ++count) {
    Incoming one = std::move(inbox_.front());
    inbox_.pop_front();
    if (machine_.arrives) machine_.arrives(one.envelope);
    machine_.audits.arrived(core_, one.peer, one.envelope);
    core_.handle(machine_.clock.now(), one.peer, std::move(one.envelope),
                 proto::SessionId{machine_.world.random.next() | 1});
  }
  core_.tick(machine_.clock.now());
  core_.flush(machine_.clock.now());
  return core_.take_effects();
}

void BrokerLoop::round() {
  World& world = machine_.world;
  std::size_t count = 0;
  auto effects = handle_inbox(count);
  constexpr Instant kAtOnce{1000};
  const bool again = world.now() - std::exchange(last_round_, world.now()) < kAtOnce;
  const bool worked = count > 0 || !effects.sends.empty() || !effects.ops.empty() || !effects.requests.empty();
  spin_.woke("the broker", worked || !again);
  carry_out(std::move(effects));
  machine_.audits.rests(core_);
  inbox_.empty() ? pulse_.wake_only_at(core_.next_wakeup()) : pulse_.wake_only_soon();
}

void BrokerLoop::carry_out(broker::Effects effects) {
  machine_.audits.round(core_, effects);
  if (machine_.ends_round) machine_.ends_round(core_);
  commits_.take(std::move(effects));
}

void BrokerLoop::send(broker::Send& one) {
  machine_.audits.leaves(one);
  if (!machine_.network.send(one.peer, one.envelope)) core_.unreachable(one.peer);
}

}  // namespace forkmill::sim
