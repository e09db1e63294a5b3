// Granting: what an operator may give to those that it invites. Pure.
#pragma once

#include "proto/status.h"
#include "proto/transport/keys/principal.h"

namespace forkmill::broker {

// Fails with not_permitted or right_missing, and says what is missing, if `granted` has a role, right or quota beyond
// those of `inviter`. `manage` is in the gift of every admin, who may change all tasks.
proto::Status may_grant(const proto::Principal& inviter, const proto::Principal& granted);

}  // namespace forkmill::broker
