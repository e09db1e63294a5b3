#include "client/engine/link/broker_links.h"

#include "proto/session/shards.h"

namespace forkmill::client {

BrokerLinks::BrokerLinks(const ClientOptions& options, Reachability& reachability, Sessions& sessions)
    : options_{options}, reachability_{reachability}, sessions_{sessions} {
  make_missing();
}

void BrokerLinks::make_missing() {
  links_.resize(sessions_.count());
  for (std::uint32_t shard = 1; shard <= sessions_.count(); ++shard) {
    std::unique_ptr<BrokerLink>& link = links_[shard - 1];
    if (link || sessions_.of(shard) == nullptr) continue;
    proto::Dealer* first = shard == 1 ? nullptr : &links_.front()->socket();
    link = std::make_unique<BrokerLink>(options_, reachability_, first);
  }
}

bool BrokerLinks::is_pending() {
  bool any = false;
  for (const auto& link : links_) any = (link && link->socket().pending()) || any;
  return any;
}

void BrokerLinks::receive(proto::Instant now) {
  for_each([&](std::uint32_t shard) { links_[shard - 1]->receive(now, *sessions_.of(shard)); });
}

void BrokerLinks::carry_out(std::uint32_t shard, const Effects& effects, bool is_new) {
  if (is_new) make_missing();
  const bool is_taken = links_[shard - 1]->send_all(effects.send);
  if (effects.moved) follow(shard, *effects.moved, is_new);
  if (!is_taken || effects.reconnect) reconnect(shard);
}

void BrokerLinks::follow(std::uint32_t shard, const proto::Moved& moved, bool is_new) {
  const auto place = proto::way_to(moved, shard, is_new);
  if (!place) return;
  sessions_.of(shard)->disconnected();
  if (!links_[shard - 1]->redirect(*place)) links_[shard - 1]->reconnect();
}

void BrokerLinks::reconnect(std::uint32_t shard) {
  sessions_.of(shard)->disconnected();
  links_[shard - 1]->reconnect();
}

void BrokerLinks::reconnect_all() {
  for_each([&](std::uint32_t shard) { reconnect(shard); });
}

void BrokerLinks::begin_finish() {
  for_each([&](std::uint32_t shard) {
    if (sessions_.of(shard)->open()) to_finish_.push_back(shard);
  });
}

void BrokerLinks::finish() {
  for (const std::uint32_t shard : to_finish_) links_[shard - 1]->socket().finish();
}

}  // namespace forkmill::client
