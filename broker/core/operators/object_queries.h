// Queries and commands of operators about named objects. PROTOCOL.md describes the bodies (queries objects and object).
#pragma once

#include "broker/core/objects/objects.h"

namespace forkmill::broker {

proto::Reply list_objects(const Objects& objects, const proto::Query& query);
proto::Reply show_object(const Objects& objects, BrokerState& state, const proto::Query& query);
proto::Reply remove_object(Objects& objects, const proto::Query& query);
// Takes the object from all its holders. The reply must wait for the commit of this round.
proto::Reply release_object(Objects& objects, const proto::Query& query);

}  // namespace forkmill::broker
