// Queries and commands of operators about named objects.
#pragma once

#include <string>

#include "broker/core/objects/objects.h"
#include "broker/core/operators/answers/replies.h"

namespace forkmill::broker {

// Lists the objects whose names begin with `prefix`. Objects that the asker may not use are unknown to it. One
// that lives on another shard than its name says has that behind its name.
ReplyBody list_objects(const Objects& objects, const BrokerState& state, const Client& asker,
                       const std::string& prefix);
ReplyBody show_object(const Objects& objects, BrokerState& state, const Client& asker, const std::string& name);
// The replies to these must wait for the commit of this round.
ReplyBody remove_object(Objects& objects, const std::string& name);
ReplyBody release_object(Objects& objects, const std::string& name);

}  // namespace forkmill::broker
