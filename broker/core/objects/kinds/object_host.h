// ObjectHost: what an object asks of those who keep it.
#pragma once

#include <cstddef>

#include "broker/core/objects/kinds/call.h"

namespace forkmill::broker {

class ObjectHost {
 public:
  virtual Object* find(ObjectId id) = 0;
  // This client has something of this object: leave() must be called when it goes.
  virtual void holds(ClientHandle client, ObjectId object) = 0;
  // Out of its line and into another one, of this object or another one, for as long as it takes.
  virtual void move(Call& call, Object& to, std::size_t line) = 0;
  // The object has been changed by something else than the call at hand: whoever waits may get further.
  virtual void changed(Object& object) = 0;

 protected:
  ~ObjectHost() = default;
};

}  // namespace forkmill::broker
