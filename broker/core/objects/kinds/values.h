// Values: sums of numbers and appending to arrays, the only operations for which the broker looks into values. Values
// are msgpack. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "proto/payload.h"
#include "proto/result.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

// Returns the sum of two numbers, packed as a client packs a number of this type. `any`: an integer if both are
// integers, else a double. Error: value_differs if one of them is not a number, or is a fraction where the type is one
// of integers, or the sum is beyond the range of the type (of 64 bits, for `any`); bad_request if there is no such
// type.
proto::Result<proto::Payload> sum(const proto::Payload& a, const proto::Payload& b, proto::NumberType type);

// Returns `array` with `element` at its end. An empty payload stands for an empty array. Error: value_differs if
// `array` is not an array.
struct Appended {
  proto::Payload array;
  std::uint32_t length = 0;
};
proto::Result<Appended> append(const proto::Payload& array, const proto::Payload& element);

}  // namespace forkmill::broker
