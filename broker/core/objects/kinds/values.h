// Values: the few things that the broker does with values itself, which else are opaque to it: sums of numbers, and
// arrays with one element more. Both ends are msgpack.
#pragma once

#include <string>
#include <string_view>

#include "proto/payload.h"
#include "proto/result.h"

namespace forkmill::broker {

// Two integers give an integer, anything else a double. Errors: value_differs when one is no number, or the sum is
// beyond 64 bits.
proto::Result<proto::Payload> sum(const proto::Payload& a, const proto::Payload& b);

// `array` with `element` at its end; an empty payload stands for an empty array. Error: value_differs, no array.
struct Appended {
  proto::Payload array;
  std::uint32_t length = 0;
};
proto::Result<Appended> append(const proto::Payload& array, const proto::Payload& element);

}  // namespace forkmill::broker
