// Packing of records of durable objects, and of what operators have set: a record is a msgpack array of a kind and a
// body, which is an array as well. The store does not look into records.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/core/objects/base/durable_state.h"
#include "proto/payload.h"

namespace forkmill::broker {

enum class RecordType : std::uint8_t {
  object = 1,       // one object: its number, spec, owner and state
  part = 2,         // a piece of an object, whose number comes first in the body
  operations = 3,   // answers to one client
  bulk_change = 5,  // a change of many tasks (operators/bulk/change_commands.h)
  control = 4,      // a pause or limits of one queue or task name (operators/steering.h)
};

// Returns the kind of a record that pack_record() has made. None: the bytes are no such record.
inline std::optional<RecordType> kind_of_record(std::string_view bytes) {
  constexpr char kArrayOfTwo = '\x92';
  if (bytes.size() < 2 || bytes[0] != kArrayOfTwo) return std::nullopt;
  return static_cast<RecordType>(bytes[1]);  // kinds are small numbers, which msgpack writes as they are
}

template <class F>
std::string pack_record(RecordType kind, F&& body) {
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
