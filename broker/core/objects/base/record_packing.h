// Packing of records of durable objects: a record is a msgpack array of a kind and a body, which is an array as well.
// The store does not look into records.
#pragma once

#include <string>

#include "broker/core/objects/base/durable_state.h"
#include "proto/payload.h"

namespace forkmill::broker {

enum class RecordKind : std::uint8_t {
  object = 1,      // one object: its number, spec, owner and state
  part = 2,        // a piece of an object, whose number comes first in the body
  operations = 3,  // answers to one client
};

template <class F>
std::string pack_record(RecordKind kind, F&& body) {
  msgpack::sbuffer buffer;
  DurableState::Packer packer{buffer};
  packer.pack_array(2);
  packer.pack(static_cast<unsigned>(kind));
  body(packer);
  return {buffer.data(), buffer.size()};
}

inline void pack_payload(DurableState::Packer& packer, const proto::Payload& value) {
  packer.pack_bin(static_cast<std::uint32_t>(value.size()));
  packer.pack_bin_body(value.view().data(), static_cast<std::uint32_t>(value.size()));
}

}  // namespace forkmill::broker
