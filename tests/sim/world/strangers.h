// Strangers: peers of another principal than that of all others.
#pragma once

#include <cstdint>

#include "proto/ids.h"

namespace forkmill::sim {

inline constexpr std::uint64_t kStranger = std::uint64_t{1} << 63;  // marks their PeerIds

inline bool is_stranger(proto::PeerId peer) { return (peer.value() & kStranger) != 0; }

}  // namespace forkmill::sim
