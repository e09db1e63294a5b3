// Values: sums of numbers and appending to arrays, the only operations for which the broker looks into values. Values
// are msgpack. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "proto/payload.h"
#include "proto/result.h"

namespace forkmill::broker {

// Returns the sum of two numbers: an integer if both are integers, else a double. Error: value_differs if one is not a
// number, or the sum of two integers is beyond 64 bits.
proto::Result<proto::Payload> sum(const proto::Payload& a, const proto::Payload& b);

// Returns `array` with `element` at its end. An empty payload stands for an empty array. Error: value_differs if
// `array` is not an array.
struct Appended {
  proto::Payload array;
  std::uint32_t length = 0;
};
proto::Result<Appended> append(const proto::Payload& array, const proto::Payload& element);

}  // namespace forkmill::broker
