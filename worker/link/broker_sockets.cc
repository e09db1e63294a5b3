#include "worker/link/broker_sockets.h"

#include <algorithm>
#include <utility>

#include "proto/session/shards.h"
#include "proto/transport/errors.h"
#include "proto/transport/keys/key_files.h"

namespace forkmill::worker {

namespace {

std::optional<proto::CurveKeys> keys_of(const WorkerOptions& options) {
  auto keys = proto::read_curve_keys(options.broker, options.server_public_key, options.key);
  if (!keys.ok()) throw proto::TransportError{keys.failure().text};
  return keys.value();
}

}  // namespace

BrokerSockets::BrokerSockets(const WorkerOptions& options, Foreman& foreman, LinkLog& log, proto::Waiter& waiter,
                             std::uint64_t tag)
    : options_{options}, foreman_{foreman}, log_{log}, waiter_{waiter}, tag_{tag} {
  match_sessions();
}

void BrokerSockets::match_sessions() {
  const ShardSessions& sessions = foreman_.sessions();
  dealers_.resize(sessions.count());
  for (std::uint32_t shard = 1; shard <= dealers_.size(); ++shard) {
    std::unique_ptr<proto::Dealer>& dealer = dealers_[shard - 1];
    if (sessions.is_wanted(shard) == (dealer != nullptr)) continue;
    if (dealer) {
      waiter_.remove(dealer->fd());
      dealer.reset();
    } else {
      dealer = std::make_unique<proto::Dealer>(options_.broker, proto::look_up, keys_of(options_));
      waiter_.add(dealer->fd(), tag_);
    }
  }
}

void BrokerSockets::read(proto::Instant now) {
  for (std::uint32_t shard = 1; shard <= dealers_.size(); ++shard)
    if (dealers_[shard - 1]) read(now, shard, *dealers_[shard - 1]);
}

void BrokerSockets::read(proto::Instant now, std::uint32_t shard, proto::Dealer& dealer) {
  while (const auto event = dealer.link_event()) {
    log_.connection(dealer, *event);
    if (*event == proto::Dealer::LinkEvent::up) foreman_.connected(now, shard);
    if (*event == proto::Dealer::LinkEvent::down) foreman_.disconnected(shard);
  }
  while (auto message = dealer.receive()) {
    if (*message)
      foreman_.handle(now, std::move(message->value()), shard);
    else
      log_.logger().warn("a message from the broker makes no sense: {}", message->failure().text);
  }
}

void BrokerSockets::carry_out(const Effects& effects) {
  const bool is_new = foreman_.sessions().count() != dealers_.size();
  match_sessions();
  talk(1, effects.send, effects.reconnect, effects.moved.get(), is_new);
  for (const auto& one : effects.others) talk(one.shard, one.send, one.reconnect, one.moved.get(), false);
}

void BrokerSockets::talk(std::uint32_t shard, const std::vector<proto::Envelope>& messages, bool reconnect,
                         const proto::Moved* moved, bool is_new) {
  proto::Dealer* dealer = dealers_[shard - 1].get();
  if (dealer == nullptr) return;
  const bool taken = std::ranges::all_of(messages, [&](const auto& one) { return dealer->send(one); });
  if (!taken) {
    // A socket that takes no more has a dead connection behind it. What must arrive is said again after the next HELLO.
    log_.logger().warn("the broker does not read; connecting again");
    foreman_.disconnected(shard);
  }
  if (moved != nullptr) follow(shard, *moved, is_new);
  if (!taken || reconnect) dealer->reconnect();
}

void BrokerSockets::follow(std::uint32_t shard, const proto::Moved& moved, bool is_new) {
  const auto place = proto::way_to(moved, shard, is_new);
  if (!place) return;
  foreman_.disconnected(shard);
  proto::Dealer& dealer = *dealers_[shard - 1];
  if (!dealer.redirect(*place)) dealer.reconnect();
}

bool BrokerSockets::is_pending() {
  bool any = false;
  for (const auto& dealer : dealers_) any = (dealer && dealer->pending()) || any;
  return any;
}

}  // namespace forkmill::worker
