// round_trip: requires that the other side reads a message as it was sent.
#pragma once

#include "proto/wire/codec.h"
#include "tests/fuzz/require.h"

namespace forkmill::fuzz {

inline void round_trip(const proto::Envelope& envelope) {
  const proto::Encoded sent = proto::encode(envelope);
  const auto read = proto::decode(sent.envelope, sent.frames);
  require(read.ok(), "a message that is sent can be decoded",
          std::string{proto::type_name(envelope.message)} + (read.ok() ? "" : ": " + read.failure().text));
  require(read.value() == envelope, "a message is read as it was sent",
          std::string{proto::type_name(envelope.message)});
}

}  // namespace forkmill::fuzz
