#include "tests/sim/nodes/lane.h"

#include <algorithm>

namespace forkmill::sim {

void Lane::put(proto::Encoded bytes) {
  if (lost_) return;
  const Instant due =
      std::max(world_.now() + network_delay(world_), packets_.empty() ? Instant{0} : packets_.back().due);
  packets_.push_back({due, std::move(bytes)});
  alarm_.set(std::max(packets_.front().due, blocked_until_));
}

void Lane::deliver() {
  const auto alive = alive_;
  while (!packets_.empty() && packets_.front().due <= world_.now() && blocked_until_ <= world_.now()) {
    const Packet packet = std::move(packets_.front());
    packets_.pop_front();
    arrive(packet.bytes);
    if (!*alive) return;
  }
  if (!packets_.empty()) alarm_.set(std::max(packets_.front().due, blocked_until_));
}

}  // namespace forkmill::sim
