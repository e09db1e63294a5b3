// Makes objects of all kinds.
#pragma once

#include <memory>

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

// Returns null if there is no such kind.
std::unique_ptr<Object> make_object(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host);

}  // namespace forkmill::broker
