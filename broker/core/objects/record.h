// Records of durable objects, as ObjectStorage writes and reads them.
#pragma once

#include <memory>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/base/record_packing.h"
#include "broker/core/objects/cached_operations.h"

namespace forkmill::broker {

// Returns whether the call waits for a durable condition, or for its lock after such a wait. The client of the call has
// given up the lock and must get it back.
bool waits_for_condition(const Call& call);

std::string record_of(const Object& object);
// The record of a client has the answers about durable objects. A put that is half done and waits is written as one
// that has ended where it is, because the broker may end before it can go on.
std::string record_of(const CachedOperations& operations);

// StoredRecord: a record that was found in the store. The kind says which functions may be called. All of them, and the
// constructor, throw DecodeError or msgpack::type_error if the record is not what it should be.
class StoredRecord {
 public:
  explicit StoredRecord(std::string_view bytes);
  RecordType kind() const { return kind_; }
  const msgpack::object& body() const { return body_; }

  std::unique_ptr<Object> object(ObjectHost& host) const;  // without its parts and its maker
  std::optional<std::string> maker() const;                // the principal of an object; none: not known
  ObjectId owner_of_part() const;
  ClientHandle client() const;
  CachedOperations operations() const;

 private:
  msgpack::object_handle handle_;
  RecordType kind_;
  msgpack::object body_;
};

}  // namespace forkmill::broker
