#include "tests/sim/shards/shard_client.h"

#include <utility>

#include "proto/session/shards.h"

namespace forkmill::sim {

ShardClient::ShardClient(const ShardCluster& cluster, Workload& workload, std::string name,
                         std::vector<std::string> endpoints)
    : cluster_{cluster},
      name_{std::move(name)},
      endpoints_{std::move(endpoints)},
      pulse_{cluster.world, cluster.world.options.slow.client, [this] { round(); }},
      user_{cluster.world, cluster.history, cluster.routing, workload,
            [this](client::Request request) { sessions_->handle(cluster_.world.now(), std::move(request)); }},
      locks_{cluster.world, cluster.locks, [this](client::Request request) {
               sessions_->handle(cluster_.world.now(), std::move(request));
               make_missing();
               pulse_.soon();
             }} {
  start();
}

void ShardClient::start() {
  if (up()) return;
  client::SessionOptions options;
  options.name = name_;
  options.seed = cluster_.world.random.next();
  options.instance = cluster_.world.random.next() | 1;
  user_.begin(options.instance);
  locks_.begin();
  sessions_ = std::make_unique<client::Sessions>(std::move(options));
  note("starts");
  make_missing();
}

void ShardClient::crash() {
  if (!up()) return;
  note("crashes");
  routes_.clear();
  heard_in_.clear();
  owners_met_.clear();
  sessions_.reset();
  user_.crash();
  locks_.crash();
  pulse_.stop();
}

void ShardClient::pause(Instant until) {
  if (!up()) return;
  note("pauses");
  pulse_.stand_still(until);
}

void ShardClient::act() {
  if (!up()) return;
  user_.act();
  locks_.act();
  make_missing();
  pulse_.soon();
}

Line* ShardClient::some_line() {
  std::vector<Line*> lines;
  for (const auto& route : routes_)
    if (route) lines.push_back(&route->line());
  return lines.empty() ? nullptr : cluster_.world.random.pick(lines);
}

void ShardClient::make_missing() {
  routes_.resize(sessions_->count());
  for (std::uint32_t shard = 1; shard <= sessions_->count(); ++shard) {
    auto& route = routes_[shard - 1];
    if (route || sessions_->of(shard) == nullptr) continue;
    route = std::make_unique<Route>(cluster_.world, cluster_.addresses, name_ + "#" + std::to_string(shard), endpoints_,
                                    Line::Owner{[this] { pulse_.soon(); }, {}});
  }
}

void ShardClient::round() {
  if (!up()) return;
  const Instant now = cluster_.world.now();
  bool worked = false;
  for (std::uint32_t shard = 1; shard <= routes_.size(); ++shard) {
    while (routes_[shard - 1]) {
      auto event = routes_[shard - 1]->next_event();
      if (!event) break;
      worked = true;
      handle(shard, std::move(*event));
    }
  }
  sessions_->tick(now);
  sessions_->flush(now);
  worked = carry_out() || worked;
  spin_.woke(name_, worked);
  pulse_.wake_at(sessions_->next_wakeup());
}

void ShardClient::handle(std::uint32_t shard, Line::Event event) {
  client::Session& session = *sessions_->of(shard);
  switch (event.kind) {
    case Line::Event::up:
      return session.connected(cluster_.world.now());
    case Line::Event::down:
      return session.disconnected();
    case Line::Event::message:
      hear(shard, std::move(event.envelope));
      carry_out();
  }
}

void ShardClient::hear(std::uint32_t shard, proto::Envelope envelope) {
  if (envelope.header.session) heard_in_[shard] = envelope.header.session;
  client::Session& session = *sessions_->of(shard);
  const auto* welcome = std::get_if<proto::Welcome>(&envelope.message);
  if (welcome == nullptr) return session.handle(cluster_.world.now(), std::move(envelope));
  const proto::Welcome its = *welcome;
  const bool was_open = session.open();
  session.handle(cluster_.world.now(), std::move(envelope));
  owners_met_.welcomed(name_, shard, its, !was_open && session.open(), cluster_.world.now());
}

bool ShardClient::carry_out() {
  bool sent = false;
  for (std::uint32_t shard = 1; shard <= routes_.size(); ++shard)
    if (routes_[shard - 1]) sent = carry_out(shard) || sent;
  return sent;
}

// As BrokerLinks::carry_out() in client/engine/link/broker_links.cc.
bool ShardClient::carry_out(std::uint32_t shard) {
  const std::uint32_t before = sessions_->count();
  client::Effects effects;
  sessions_->take_effects(cluster_.world.now(), shard, effects);
  for (const client::Cookie cookie : effects.accepted) user_.accepted(cookie, heard_in_[shard]);
  for (const auto& line : effects.log) note(line.text);
  const bool is_new = sessions_->count() != before;
  if (is_new) make_missing();
  bool is_taken = true;
  for (const auto& one : effects.send) is_taken = is_taken && routes_[shard - 1]->line().send(one);
  if (effects.moved) follow(shard, *effects.moved, is_new);
  if (!is_taken || effects.reconnect) reconnect(shard);
  for (const auto& ended : effects.ended) user_.ended(ended);
  for (const auto& answered : effects.answered) user_.answered(answered.cookie);
  for (const auto& operated : effects.operated) locks_.answered(operated.cookie, operated.answer);
  return !effects.send.empty() || effects.reconnect;
}

void ShardClient::follow(std::uint32_t shard, const proto::Moved& moved, bool is_new) {
  const auto place = proto::way_to(moved, shard, is_new);
  if (!place) return;
  sessions_->of(shard)->disconnected();
  if (!routes_[shard - 1]->redirect(*place)) routes_[shard - 1]->reconnect();
}

void ShardClient::reconnect(std::uint32_t shard) {
  sessions_->of(shard)->disconnected();
  routes_[shard - 1]->reconnect();
}

}  // namespace forkmill::sim
