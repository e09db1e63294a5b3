// Checks of the spec that an object is made with.
#pragma once

#include "broker/core/objects/base/object.h"
#include "broker/core/state/identity.h"
#include "proto/status.h"

namespace forkmill::broker {

// Fails if no object can have `spec`. `other`: the object that spec.other names, or null.
proto::Status check_spec(const proto::ObjectSpec& spec, const Object* other);

// Fails if an object with `spec` lives on another shard than that of this broker, as far as its opener has not said
// where it lives. An object that goes with another one is where that is.
proto::Status check_shard(const proto::ObjectSpec& spec, const Identity& identity);

// Fails if the elements of an object with `spec` cannot begin as `values`: one value, of which a list of fixed length
// holds as many as it has elements. stores: the broker has a durable store.
// Returns the bytes of the values with which such an object begins.
std::size_t initial_bytes(const proto::ObjectSpec& spec, const std::vector<proto::Payload>& values);
proto::Status check_initial(const proto::ObjectSpec& spec, const std::vector<proto::Payload>& values, bool stores);

// Fails with object_differs, and says how, if an object with the spec `has` cannot be opened as `wanted`. A type of 0
// matches any, and so does a negative size in `wanted`.
proto::Status check_same(const proto::ObjectSpec& has, const proto::ObjectSpec& wanted);

}  // namespace forkmill::broker
