#include "tests/sim/shards/broker_machine.h"

#include <algorithm>
#include <utility>

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kMembershipLook = 400ms;  // kLeaseRenewal in broker/store/postgres/shard.h

}  // namespace

BrokerMachine::BrokerMachine(const ShardCluster& cluster, const std::string& name)
    : cluster_{cluster}, name_{name}, network_{cluster.addresses.add(name)}, hand_over_{name} {
  for (std::uint32_t shard = 1; shard <= cluster.world.options.sharding.shards; ++shard)
    processes_.push_back(std::make_unique<ShardProcess>(cluster, name, shard));
}

void BrokerMachine::start() {
  if (std::exchange(up_, true)) return;
  ++starts_;
  note("starts");
  blind_until_ = {};
  map_ = {};
  map_.places.resize(processes_.size());
  hand_over_ = broker::HandOver{name_};
  network_.open(*this);
  for (const auto& process : processes_) process->start();
  look();
}

void BrokerMachine::stop() {
  if (!up_) return;
  note("stops");
  close();
  cluster_.table.leave(name_);
  for (const auto& process : processes_) process->stop();
}

void BrokerMachine::crash() {
  if (!up_) return;
  note("crashes");
  close();
  for (const auto& process : processes_) process->crash();
}

void BrokerMachine::close() {
  up_ = false;
  ++starts_;
  network_.close();
}

void BrokerMachine::cut_off(Instant until) {
  note("does not reach the database");
  blind_until_ = std::max(blind_until_, until);
  for (const auto& process : processes_) process->cut_off(until);
}

void BrokerMachine::look() {
  cluster_.world.after(kMembershipLook, [this, life = starts_] {
    if (life == starts_) look();
  });
  if (cluster_.world.now() < blind_until_) return;
  cluster_.table.announce(name_);
  const auto view = cluster_.table.view();
  map_.take(cluster_.table.map());
  if (const auto shard = hand_over_.look(view)) {
    hand_over_.begun();
    hand_over(*shard);
  }
}

// A process that stood by for the shard stands by again.
void BrokerMachine::hand_over(std::uint64_t number) {
  for (const broker::OwnedShard& shard : cluster_.table.view().shards) {
    if (shard.broker.empty())
      throw Violation{"shards: shard " + std::to_string(number) + " is handed over while shard " +
                      std::to_string(shard.number) + " has no owner"};
  }
  note("hands shard " + std::to_string(number) + " over");
  ShardProcess& its = process(static_cast<std::uint32_t>(number));
  its.stop();
  its.start();
}

void BrokerMachine::arrived(proto::PeerId peer, proto::Envelope envelope) {
  for (proto::Message& message : broker::answers_of_door(map_, envelope))
    static_cast<void>(network_.send(peer, {{}, std::move(message)}));
}

}  // namespace forkmill::sim
