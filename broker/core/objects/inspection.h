// What operators see of named objects. Bodies: PROTOCOL.md, queries objects and object.
#pragma once

#include "broker/core/objects/objects.h"

namespace forkmill::broker {

proto::Reply list_objects(const Objects& objects, const proto::Query& query);
proto::Reply show_object(const Objects& objects, BrokerState& state, const proto::Query& query);

}  // namespace forkmill::broker
