// Records of durable objects as the store keeps them: a msgpack array of a kind and a body. The store does not look
// into them. Record numbers are the store's; a piece of an object begins with the object's own number.
#pragma once

#include <functional>
#include <memory>
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "broker/core/objects/client_operations.h"
#include "broker/core/objects/kinds/object.h"

namespace forkmill::broker {

enum class RecordKind : std::uint8_t {
  object = 1,      // one object: its number, spec, owner and state
  part = 2,        // a piece of one
  operations = 3,  // what one client was answered
};

template <class F>
std::string pack_record(RecordKind kind, F&& body) {
  msgpack::sbuffer buffer;
  Object::Packer packer{buffer};
  packer.pack_array(2);
  packer.pack(static_cast<unsigned>(kind));
  body(packer);
  return {buffer.data(), buffer.size()};
}

inline void pack_payload(Object::Packer& packer, const proto::Payload& value) {
  packer.pack_bin(static_cast<std::uint32_t>(value.size()));
  packer.pack_bin_body(value.view().data(), static_cast<std::uint32_t>(value.size()));
}

// Waits for a durable condition, or comes back from one: it has given up a lock, and must have it again.
bool waits_for_condition(const Call& call);

std::string record_of(const Object& object);
// Answers about durable objects; an operation that is half done and waits as one that ended where it is.
std::string record_of(const ClientOperations& operations, ClientHandle client);

// A record that was found in the store. Which functions may be called depends on its kind. All of them, the constructor
// included, throw DecodeError or msgpack::type_error when it is not what it should be.
class StoredRecord {
 public:
  explicit StoredRecord(std::string_view bytes);
  RecordKind kind() const { return kind_; }
  const msgpack::object& body() const { return body_; }

  std::unique_ptr<Object> object(ObjectHost& host) const;  // without its parts
  ObjectId owner_of_part() const;
  ClientHandle client() const;
  ClientOperations operations() const;

 private:
  msgpack::object_handle handle_;
  RecordKind kind_;
  msgpack::object body_;
};

}  // namespace forkmill::broker
