// ObjectUser: a user of named objects through one client's session. Each act() opens a shared object or makes a call on
// it; answers lead to further calls. Waits are finite and holds end after a while, so that everything ends.
#pragma once

#include <string>

#include "tests/sim/users/condition_user.h"
#include "tests/sim/users/object_caller.h"

namespace forkmill::sim {

class ObjectUser {
 public:
  ObjectUser(World& world, ObjectHistory& history, std::string name, SessionHands& session)
      : caller_{world, history, std::move(name), session} {}

  // Begins and ends a life of the client.
  void start() { caller_.start(); }
  void crash() { caller_.crash(); }

  void act();
  // Reads the rest of each object. Call when all else is quiet.
  void finish();
  void answered(Cookie cookie, const proto::OperationAnswer& answer);
  void holdings_lost() { caller_.holdings_lost(); }
  // Neither a call nor a hold is left.
  bool idle() const { return caller_.idle(); }

 private:
  void open(std::size_t shared);
  void use(std::size_t shared);
  void use_condition(std::size_t shared);
  void opened(const ObjectCall& open);
  void read_rest(std::size_t shared);

  ObjectCaller caller_;
  ConditionUser conditions_{caller_};
};

}  // namespace forkmill::sim
