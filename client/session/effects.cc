#include "client/session/effects.h"

#include <forkmill/serialize.h>

#include <utility>

namespace forkmill::client {

void Effects::answer_cancel(Cookie cookie, proto::CancelState state) {
  if (cookie == 0) return;
  answered.push_back({cookie, {0, Errc::ok, {}, proto::Payload::own(pack_value(static_cast<unsigned>(state)))}});
}

void Effects::clear() {
  log.clear();
  send.clear();
  accepted.clear();
  progress.clear();
  started.clear();
  ended.clear();
  answered.clear();
  holdings_lost = false;
  operated.clear();
  obstacle.clear();
  reconnect = false;
  moved.reset();
  shards = 0;
  refusal.reset();
}

void Effects::swap(Effects& other) noexcept {
  log.swap(other.log);
  send.swap(other.send);
  accepted.swap(other.accepted);
  progress.swap(other.progress);
  started.swap(other.started);
  ended.swap(other.ended);
  answered.swap(other.answered);
  std::swap(holdings_lost, other.holdings_lost);
  operated.swap(other.operated);
  obstacle.swap(other.obstacle);
  std::swap(reconnect, other.reconnect);
  std::swap(moved, other.moved);
  std::swap(shards, other.shards);
  std::swap(refusal, other.refusal);
}

}  // namespace forkmill::client
