#include "tests/sim/shards/shard_process.h"

#include <algorithm>
#include <utility>

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kLeaseLook = 200ms;  // as in broker/store/postgres/shard.h; owners renew their lease as often
constexpr Instant kStartAgain = 1s;    // the longest time until a process that has failed is started again

}  // namespace

ShardProcess::ShardProcess(const ShardCluster& cluster, std::string broker, std::uint32_t shard)
    : cluster_{cluster},
      broker_{std::move(broker)},
      shard_{shard},
      address_{Addresses::of_shard(broker_, shard)},
      network_{cluster.addresses.add(address_)},
      clock_{cluster.world},
      turn_{shard, broker_} {}

void ShardProcess::start() {
  if (std::exchange(runs_, true)) return;
  ++starts_;
  still_until_ = blind_until_ = {};
  cluster_.world.after(cluster_.world.random.between(Instant{0}, kLeaseLook), [this, life = starts_] {
    if (life == starts_) look();
  });
}

// One event after the other, for as long as the process lives.
void ShardProcess::look() {
  World& world = cluster_.world;
  const bool sees = world.now() >= still_until_ && world.now() >= blind_until_;
  if (sees && life_ != nullptr && !cluster_.table.renew(shard_, life_->epoch))
    return failed({Errc::unknown, "another broker has taken over"});
  if (sees && life_ == nullptr && cluster_.table.is_free(shard_) && turn_.has_come(cluster_.table.view(), world.now()))
    take_over();
  if (!runs_) return;
  world.after(kLeaseLook, [this, life = starts_] {
    if (life == starts_) look();
  });
}

void ShardProcess::take_over() {
  last_.reset();
  life_ = std::make_unique<Life>(cluster_, cluster_.table.store(shard_, broker_, address_));
  const auto opened = life_->storage.begin(starts_).open();
  if (!opened.ok()) throw Violation{"shards: a store cannot be opened: " + opened.failure().text};
  life_->epoch = opened->epoch;
  life_->storage.opened();
  note("takes over, epoch " + std::to_string(opened->epoch.value()));
  cluster_.history.broker_started();
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate
  life_->machine = std::unique_ptr<BrokerLoop::Machine>{
      new BrokerLoop::Machine{.world = cluster_.world,
                              .network = network_,
                              .audits = life_->audits,
                              .storage = life_->storage,
                              .clock = clock_,
                              .at_next_commit = {},
                              .shard = shard_,
                              .shards = cluster_.world.options.sharding.shards,
                              .ends_round = [this](const broker::Core& core) { ends_round(core); },
                              .meter = &cluster_.meter}};
  if (cluster_.world.options.is_audited)
    life_->machine->arrives = [this](const proto::Envelope& envelope) { cluster_.routing.arrives(shard_, envelope); };
  life_->loop = std::make_unique<BrokerLoop>(*life_->machine, opened.value(),
                                             [this](const proto::Failure& failure) { failed(failure); });
  if (const auto status = life_->loop->recover(); !status.ok())
    throw Violation{"shards: a store cannot be read: " + status.failure().text};
  life_->loop->begin();
}

// The grants of a deposed owner are no promise.
void ShardProcess::ends_round(const broker::Core& core) {
  if (cluster_.table.is_owner(shard_, life_->epoch)) return;
  cluster_.routing.deposed_runs(shard_, cluster_.world.now());
  for (const auto& worker : core.state().workers) cluster_.history.executions().worker_ended(worker.first);
}

void ShardProcess::stop() {
  if (!runs_) {
    ++starts_;
    return;
  }
  if (life_ != nullptr && life_->loop->shut_down()) cluster_.table.release(shard_, life_->epoch);
  go_down("stops");
}

void ShardProcess::crash() {
  if (!runs_) {
    ++starts_;
    return;
  }
  if (life_ != nullptr) life_->loop->die();
  go_down("crashes");
}

void ShardProcess::die_for(Instant pause) {
  if (!runs_) return;
  crash();
  start_after(pause);
}

void ShardProcess::start_after(Instant pause) {
  cluster_.world.after(pause, [this, life = starts_] {
    if (life == starts_) start();
  });
}

void ShardProcess::pause(Instant until) {
  if (!runs_) return;
  note("pauses");
  still_until_ = std::max(still_until_, until);
  if (life_ != nullptr) life_->loop->pause(until);
}

void ShardProcess::cut_off(Instant until) {
  lose_lease(until);
  if (life_ != nullptr) life_->loop->cut_off(until);
}

// Its broker starts the process again.
void ShardProcess::failed(const proto::Failure& failure) {
  if (life_ != nullptr && cluster_.table.is_owner(shard_, life_->epoch))
    throw Violation{"shards: the store of an owner fails: " + failure.text};
  go_down("fails: " + failure.text);
  start_after(cluster_.world.random.between(Instant{0}, kStartAgain));
}

void ShardProcess::go_down(const std::string& how) {
  ++starts_;
  runs_ = false;
  note(how);
  if (life_ == nullptr) return;
  network_.close();
  life_->loop->end();
  life_->storage.end(false);
  last_ = std::move(life_);
}

}  // namespace forkmill::sim
