// Role checks: what the principal of a connection may do, by its roles. The loop asks for each message, before the core
// sees it.
#pragma once

#include "proto/status.h"
#include "proto/transport/keys/principal.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// Both fail with not_permitted and what to do.

// Whether peers of the principal may have sessions in that role.
proto::Status may_be(const proto::Principal& principal, proto::Role role);
// Whether a peer of the principal may send the message. The role of its session was checked by the HELLO before.
proto::Status may_send(const proto::Principal& principal, const proto::Message& message);

}  // namespace forkmill::broker
