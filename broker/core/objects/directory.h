// ObjectDirectory: all named objects by number and by name, and the objects that each client holds and owns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/core/objects/base/object.h"
#include "broker/core/state/broker_state.h"
#include "proto/result.h"

namespace forkmill::broker {

class ObjectDirectory {
 public:
  explicit ObjectDirectory(BrokerState& state) : state_{state} {}

  // find() and named() return null if there is no such object.
  Object* find(ObjectId id) const;
  Object* named(std::string_view name) const;
  const std::map<std::string, Object*, std::less<>>& by_name() const { return names_; }
  template <class F>
  void visit(F&& visitor) const {
    for (const auto& [id, object] : objects_) visitor(*object);
  }

  // Finds the object with the name in `spec`, or makes it for `client`, with values of `bytes` bytes. Fails if neither
  // is possible, and says why.
  struct Opened {
    Object* object = nullptr;
    bool made = false;
  };
  proto::Result<Opened> open(ClientHandle client, proto::ObjectSpec spec, std::size_t bytes, ObjectHost& host);
  // Notes that the client uses the object.
  void note_user(ClientHandle client, Object& object) {
    if (object.users.insert(client).second) belongings_[client].used.insert(object.id());
  }
  // Adds an object that was found in the store. Throws DecodeError if its number or its name is taken.
  void insert(std::unique_ptr<Object> object);
  // Ends recovery; call after all objects and their parts have been read.
  void finish_recovery();
  void erase(Object& object);
  // Returns objects that may give way to a new one. None, unless there are as many as there may be: no client uses
  // them, they are as they were made, and they go with no other object. Looks at all objects once a second at most.
  std::vector<ObjectId> unused();
  // Returns the objects whose `other` this is: they are of no use without it.
  std::vector<ObjectId> dependents_of(ObjectId id) const;

  // ---- Objects of clients; ids are returned in rising order
  void note_holding(ClientHandle client, ObjectId object) { belongings_[client].held.insert(object); }
  std::vector<ObjectId> held_by(ClientHandle client) const;  // objects of which the client may hold something
  std::vector<ObjectId> owned_by(ClientHandle client) const;
  void forget_client(ClientHandle client);
  std::vector<ClientHandle> clients() const;  // clients that hold or own something, in no order

 private:
  struct Belongings {
    std::unordered_set<ObjectId> held;
    std::unordered_set<ObjectId> owned;
    std::unordered_set<ObjectId> used;
  };

  Object& make(ClientHandle client, proto::ObjectSpec spec, ObjectHost& host);
  void note_dependence(const Object& object);

  BrokerState& state_;
  std::unordered_map<ObjectId, std::unique_ptr<Object>> objects_;
  std::map<std::string, Object*, std::less<>> names_;
  std::unordered_map<ClientHandle, Belongings> belongings_;
  std::unordered_map<ObjectId, std::vector<ObjectId>> dependents_;
  struct Progress {
    std::uint64_t last_id = 0;
    Instant look_at{0};  // for unused objects, from this time on
  };
  Progress progress_;
};

}  // namespace forkmill::broker
