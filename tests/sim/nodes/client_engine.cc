#include "tests/sim/nodes/client_engine.h"

#include <algorithm>
#include <utility>

#include "proto/session/shards.h"

namespace forkmill::sim {

ClientEngine::ClientEngine(World& world, std::string name, Program& program)
    : world_{world}, name_{std::move(name)}, program_{program}, pulse_{world, world.options.slow.client, [this] {
                                                                         round();
                                                                       }} {}

void ClientEngine::start(client::SessionOptions options) {
  sessions_ = std::make_unique<client::Sessions>(std::move(options));
}

void ClientEngine::end() {
  ways_.clear();
  heard_in_.clear();
  sessions_.reset();
  pulse_.stop();
}

void ClientEngine::pause(Instant until) {
  if (!up()) return;
  note("pauses");
  pulse_.stand_still(until);
}

void ClientEngine::make_missing() {
  ways_.resize(sessions_->count());
  for (std::uint32_t shard = 1; shard <= sessions_->count(); ++shard)
    if (ways_[shard - 1] == nullptr && sessions_->of(shard) != nullptr) ways_[shard - 1] = program_.connect(shard);
}

void ClientEngine::round() {
  if (!up()) return;
  const Instant now = world_.now();
  bool worked = false;
  for (std::uint32_t shard = 1; shard <= ways_.size(); ++shard) {
    while (ways_[shard - 1]) {
      auto event = ways_[shard - 1]->next_event();
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

void ClientEngine::handle(std::uint32_t shard, Line::Event event) {
  switch (event.kind) {
    case Line::Event::up:
      return sessions_->of(shard)->connected(world_.now());
    case Line::Event::down:
      return sessions_->of(shard)->disconnected();
    case Line::Event::message:
      hear(shard, std::move(event.envelope));
      carry_out();
  }
}

void ClientEngine::hear(std::uint32_t shard, proto::Envelope envelope) {
  if (envelope.header.session) heard_in_[shard] = envelope.header.session;
  client::Session& session = *sessions_->of(shard);
  const auto* welcome = std::get_if<proto::Welcome>(&envelope.message);
  if (welcome == nullptr) return session.handle(world_.now(), std::move(envelope));
  const proto::Welcome its = *welcome;
  const bool was_open = session.open();
  session.handle(world_.now(), std::move(envelope));
  program_.welcomed(shard, its, !was_open && session.open());
}

bool ClientEngine::carry_out() {
  bool sent = false;
  for (std::uint32_t shard = 1; shard <= ways_.size(); ++shard)
    if (ways_[shard - 1]) sent = carry_out(shard) || sent;
  return sent;
}

// As BrokerLinks::carry_out() in client/engine/link/broker_links.cc.
bool ClientEngine::carry_out(std::uint32_t shard) {
  const std::uint32_t before = sessions_->count();
  client::Effects effects;
  sessions_->take_effects(world_.now(), shard, effects);
  for (const auto& line : effects.log) note(line.text);
  const bool is_new = sessions_->count() != before;
  if (is_new) make_missing();
  const bool is_taken = send(shard, effects);
  program_.hears(effects, heard_in_[shard]);
  if (effects.moved) follow(shard, *effects.moved, is_new);
  if (!is_taken || effects.reconnect) reconnect(shard);
  return !effects.send.empty() || effects.reconnect;
}

// Returns whether the socket has taken all.
bool ClientEngine::send(std::uint32_t shard, client::Effects& effects) {
  return std::ranges::all_of(effects.send, [&](proto::Envelope& one) {
    program_.sends(one);
    return ways_[shard - 1]->line().send(one);
  });
}

void ClientEngine::follow(std::uint32_t shard, const proto::Moved& moved, bool is_new) {
  const auto place = proto::way_to(moved, shard, is_new);
  if (!place) return;
  sessions_->of(shard)->disconnected();
  if (!ways_[shard - 1]->redirect(*place)) ways_[shard - 1]->reconnect();
}

void ClientEngine::reconnect(std::uint32_t shard) {
  sessions_->of(shard)->disconnected();
  ways_[shard - 1]->reconnect();
}

}  // namespace forkmill::sim
