// Records of durable objects as the store keeps them: a msgpack array of a kind and a body. The store does not look
// into them.
#pragma once

#include <functional>
#include <msgpack.hpp>
#include <string>

#include "proto/payload.h"

namespace forkmill::broker {

enum class RecordKind : std::uint8_t {
  object = 1,  // one object: its number, spec, owner and state
  part = 2,    // a piece of one: begins with the object's number
  ledger = 3,  // what one client was answered
};

template <class F>
std::string pack_record(RecordKind kind, F&& body) {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer{buffer};
  packer.pack_array(2);
  packer.pack(static_cast<unsigned>(kind));
  body(packer);
  return {buffer.data(), buffer.size()};
}

inline void pack_payload(msgpack::packer<msgpack::sbuffer>& packer, const proto::Payload& value) {
  packer.pack_bin(static_cast<std::uint32_t>(value.size()));
  packer.pack_bin_body(value.view().data(), static_cast<std::uint32_t>(value.size()));
}

}  // namespace forkmill::broker
