// Principals: which client or worker a HELLO names. The numbers of a HELLO (`instance`, `child_of`, `resume`) appear in
// listings and environments, so that other peers know them: they name only what peers of the same principal have begun.
// The two numbers that outlive a session are mapped, one to one for practical purposes, to numbers that belong to the
// principal; these hold across restarts of the broker without being stored.
//
// The principal of a peer is a name, given by CoreOptions::principal_of. The numbers of peers without one, as those of
// the broker's own user are, stay as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/core/state/broker_state.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// Returns the number by which the broker knows an instance that a peer of the principal names; 0 for 0. Peers cannot
// choose an instance so that its number becomes that of another principal's (BLAKE2b).
std::uint64_t number_of_instance(std::string_view principal, std::uint64_t instance);

// Returns the principal of a peer; empty: it has none.
std::string principal_of(const BrokerState& state, proto::PeerId peer);

// Replaces the instances of the HELLO by the numbers by which the broker knows them.
void bind_instances(proto::Hello& hello, std::string_view principal);

}  // namespace forkmill::broker
