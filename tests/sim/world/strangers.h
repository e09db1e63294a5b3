// Principals of peers, as their PeerIds tell them. Clients belong to one of a few principals, workers and what lives in
// them to none. Strangers are peers of a principal of their own.
#pragma once

#include <cstdint>

#include "proto/ids.h"

namespace forkmill::sim {

inline constexpr std::uint64_t kStranger = std::uint64_t{1} << 63;  // marks their PeerIds

inline constexpr unsigned kPrincipalShift = 60;

// Returns the number of the principal of a client; 0: none.
inline std::uint64_t principal_number(proto::PeerId peer) { return (peer.value() >> kPrincipalShift) & 7; }

inline bool is_stranger(proto::PeerId peer) { return (peer.value() & kStranger) != 0; }

}  // namespace forkmill::sim
