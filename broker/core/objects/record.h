// Records of durable objects, as ObjectStorage writes and reads them.
#pragma once

#include <memory>
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/base/record_packing.h"
#include "broker/core/objects/client_operations.h"

namespace forkmill::broker {

// Whether the call waits for a durable condition, or is on its way back from one: its client has given up a lock, and
// must have it again.
bool waits_for_condition(const Call& call);

std::string record_of(const Object& object);
// Answers about durable objects. A put that is half done and waits is written as one that ended where it is, because
// the broker may not come back to it.
std::string record_of(const ClientOperations& operations);

// A record that was found in the store. Which functions may be called depends on its kind. All of them, the constructor
// included, throw DecodeError or msgpack::type_error when the record is not what it should be.
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
