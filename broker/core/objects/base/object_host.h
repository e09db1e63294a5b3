// ObjectHost: the services that an object needs from its surroundings.
#pragma once

#include <cstddef>

#include "broker/core/objects/base/call.h"

namespace forkmill::broker {

class LoanPrincipals;
class Loans;

class ObjectHost {
 public:
  // Null: there is no such object.
  virtual Object* find(ObjectId id) = 0;
  // Notes that the client has something of this object: Object::client_gone() must be called when the client leaves.
  virtual void note_holding(ClientHandle client, ObjectId object) = 0;
  // Moves a waiting call to the end of another line, of the same object or of another one. The call has no time limit
  // there.
  virtual void move(Call& call, Object& to, std::size_t line) = 0;
  // Notes that something other than the call at hand has changed the object: calls that wait for it may get further.
  virtual void note_changed(Object& object) = 0;
  virtual Loans& loans() = 0;
  virtual const LoanPrincipals& principals() const = 0;

 protected:
  ~ObjectHost() = default;
};

}  // namespace forkmill::broker
