// Lets the broker's answer to a cancel be decoded as a CancelState.
#pragma once

#include <forkmill/detail/decode.h>
#include <forkmill/future.h>

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {
  template <>
  struct convert<forkmill::CancelState> {
    const msgpack::object& operator()(const msgpack::object& object, forkmill::CancelState& state) const {
      state = static_cast<forkmill::CancelState>(object.as<unsigned>());
      return object;
    }
  };
  }  // namespace adaptor
}
}  // namespace msgpack
