#include "tests/sim/shards/shard_worker.h"

#include <utility>

#include "proto/session/shards.h"
#include "tests/sim/nodes/child_talk.h"
#include "tests/sim/nodes/worker_setup.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

// Returns one queue, or some of them, but at least one; all for the first worker.
std::vector<std::string> draw_queues(World& world, std::size_t number) {
  const ShardOptions& sharding = world.options.sharding;
  if (sharding.one_queue_each) return {sharding.queues[number % sharding.queues.size()]};
  std::vector<std::string> queues;
  for (const std::string& queue : sharding.queues)
    if (number == 0 || world.random.chance(0.6)) queues.push_back(queue);
  if (queues.empty()) queues.push_back(sharding.queues.front());
  return queues;
}

}  // namespace

ShardWorker::ShardWorker(const ShardCluster& cluster, std::size_t number, std::vector<std::string> endpoints)
    : cluster_{cluster},
      number_{number},
      endpoints_{std::move(endpoints)},
      config_{draw_worker(cluster.world, number, "worker-" + std::to_string(number))},
      pulse_{cluster.world, cluster.world.options.slow.worker, [this] { round(); }},
      pool_{cluster.world,
            cluster.history,
            config_.name.str(),
            {.children = config_.children_at_start(), .slots = config_.slots},
            static_cast<std::uint32_t>(1000 * (number + 1)),
            {.wake = [this] { pulse_.soon(); },
             .spawned =
                 [this](worker::ChildKey key, std::uint32_t pid) {
                   foreman_->spawned(key, pid);
                   carry_out();
                 },
             .in_reach_since = [] { return proto::kNever; },
             .settle_in = [](std::uint32_t) -> ClientNode* { return nullptr; }}} {
  start();
}

// ---- Life -----------------------------------------------------------------------------------------------------------

void ShardWorker::start() {
  if (up()) return;
  note("starts");
  proto::Hello hello = draw_hello(cluster_.world, number_, config_, cluster_.world.random.next() | 1);
  hello.worker.queues = draw_queues(cluster_.world, number_);
  foreman_ = std::make_unique<worker::Foreman>(config_, std::move(hello), cluster_.world.random.next(), pool_);
  match_sessions();
  pool_.start();
  pulse_.soon();
}

void ShardWorker::crash() {
  if (!up()) return;
  note("is gone");
  routes_.clear();
  credit_.clear();
  granted_.clear();
  owners_met_.clear();
  pool_.stop();
  foreman_.reset();
  pulse_.stop();
}

void ShardWorker::drain() {
  if (!up()) return;
  note("drains");
  World& world = cluster_.world;
  foreman_->drain(world.now(), world.now() + world.random.between(Instant{10ms}, Instant{5s}));
  carry_out();
  pulse_.soon();
}

void ShardWorker::pause(Instant until, bool children_too) {
  if (!up()) return;
  note(children_too ? "pauses, children too" : "its link pauses");
  pulse_.stand_still(until);
  if (children_too) pool_.stand_still(pulse_.still_until());
}

Line* ShardWorker::some_line() {
  std::vector<Line*> lines;
  for (const auto& route : routes_)
    if (route) lines.push_back(&route->line());
  return lines.empty() ? nullptr : cluster_.world.random.pick(lines);
}

// ---- The link -------------------------------------------------------------------------------------------------------

// As BrokerSockets::match_sessions() in worker/link/broker_sockets.cc.
void ShardWorker::match_sessions() {
  const worker::ShardSessions& sessions = foreman_->sessions();
  routes_.resize(sessions.count());
  for (std::uint32_t shard = 1; shard <= routes_.size(); ++shard) {
    auto& route = routes_[shard - 1];
    if (sessions.is_wanted(shard) == (route != nullptr)) continue;
    if (route) {
      route.reset();
    } else {
      route =
          std::make_unique<Route>(cluster_.world, cluster_.addresses, config_.name.str() + "#" + std::to_string(shard),
                                  endpoints_, Line::Owner{[this] { pulse_.soon(); }, {}});
    }
  }
}

void ShardWorker::round() {
  if (!up()) return;
  World& world = cluster_.world;
  const Instant now = world.now();
  worked_ = pool_.has_deaths();
  for (std::uint32_t shard = 1; shard <= routes_.size(); ++shard) {
    while (shard <= routes_.size() && routes_[shard - 1]) {
      auto event = routes_[shard - 1]->next_event();
      if (!event) break;
      worked_ = true;
      handle(shard, std::move(*event));
    }
  }
  pool_.visit([&](Child& child) { worked_ = read_child(*foreman_, child, now) || worked_; });
  worked_ = bury_children(*foreman_, pool_, now) || worked_;
  foreman_->tick(now);
  foreman_->flush(now);
  carry_out();
  if (foreman_->finished(now)) {
    crash();
    return world.after(world.random.between(Instant{10ms}, Instant{3s}), [this] { start(); });
  }
  spin_.woke(config_.name.str(), worked_);
  pulse_.wake_at(foreman_->next_wakeup());
}

void ShardWorker::handle(std::uint32_t shard, Line::Event event) {
  const Instant now = cluster_.world.now();
  switch (event.kind) {
    case Line::Event::up:
      foreman_->connected(now, shard);
      break;
    case Line::Event::down:
      foreman_->disconnected(shard);
      break;
    case Line::Event::message:
      hear(shard, std::move(event.envelope));
      break;
  }
  carry_out();
}

void ShardWorker::hear(std::uint32_t shard, proto::Envelope envelope) {
  const Instant now = cluster_.world.now();
  credit_[shard].heard(envelope, config_.name.str());
  if (const auto* grants = std::get_if<proto::Grants>(&envelope.message))
    for (const proto::GrantedTask& task : grants->tasks) granted_[shard].insert(task.grant);
  const auto* welcome = std::get_if<proto::Welcome>(&envelope.message);
  if (welcome == nullptr) return foreman_->handle(now, std::move(envelope), shard);
  const proto::Welcome its = *welcome;
  const proto::Handshake& handshake = foreman_->sessions().of(shard).handshake();
  const bool was_open = handshake.established();
  foreman_->handle(now, std::move(envelope), shard);
  owners_met_.welcomed(config_.name.str(), shard, its, !was_open && handshake.established(), now);
}

void ShardWorker::check_holding(std::uint32_t shard, const proto::Envelope& envelope) const {
  const auto* hello = std::get_if<proto::Hello>(&envelope.message);
  if (hello == nullptr) return;
  const auto its = granted_.find(shard);
  for (const proto::Grant& grant : hello->worker.holding) {
    if (its != granted_.end() && its->second.contains(grant)) continue;
    throw Violation{"shards: " + config_.name.str() + " tells shard " + std::to_string(shard) + " that it holds " +
                    to_string(grant) + ", which that shard has never granted"};
  }
}

void ShardWorker::carry_out() {
  worker::Effects effects;
  effects.swap(foreman_->take_effects());
  give_tasks(effects, *foreman_, pool_);
  send_signals(effects, pool_);
  const bool is_new = foreman_->sessions().count() != routes_.size();
  match_sessions();
  for (const auto& welcome : effects.welcomes) credit_[welcome.shard].welcomed(welcome);
  for (const auto& error : effects.errors) note("is told: " + error.text);
  if (effects.refused) throw Violation{config_.name.str() + " was refused: " + effects.errors.back().text};
  talk(1, effects.send, effects.reconnect, effects.moved.get(), is_new);
  for (const auto& one : effects.others) talk(one.shard, one.send, one.reconnect, one.moved.get(), false);
}

// As in worker/link/broker_sockets.cc.
void ShardWorker::talk(std::uint32_t shard, const std::vector<proto::Envelope>& messages, bool reconnect,
                       const proto::Moved* moved, bool is_new) {
  Route* route = routes_[shard - 1].get();
  if (route == nullptr) return;
  bool is_taken = true;
  for (const auto& one : messages) {
    worked_ = true;
    credit_[shard].said(one);
    check_holding(shard, one);
    is_taken = is_taken && route->line().send(one);
  }
  if (!is_taken) foreman_->disconnected(shard);
  if (moved != nullptr) follow(shard, *moved, is_new);
  if (!is_taken || reconnect) route->reconnect();
}

void ShardWorker::follow(std::uint32_t shard, const proto::Moved& moved, bool is_new) {
  const auto place = proto::way_to(moved, shard, is_new);
  if (!place) return;
  foreman_->disconnected(shard);
  if (!routes_[shard - 1]->redirect(*place)) routes_[shard - 1]->reconnect();
}

}  // namespace forkmill::sim
