// ObjectUser: a user of named objects through one client's session. Each act() opens a shared object or makes a call on
// it; answers lead to further calls. Waits are finite and holds end after a while, so that everything ends.
#pragma once

#include <string>

#include "tests/sim/users/condition_user.h"
#include "tests/sim/users/lender.h"
#include "tests/sim/users/object_caller.h"

namespace forkmill::sim {

class ObjectUser {
 public:
  ObjectUser(World& world, ObjectHistory& history, const Workload& workload, std::string name, SessionHands& session)
      : caller_{world, history, std::move(name), session}, lender_{caller_, workload} {}

  // Begins and ends a life of the client.
  void start() {
    caller_.start();
    conditions_.start();
  }
  void crash() { caller_.crash(); }

  void act();
  // Reads the rest of each object. Call when all else is quiet.
  void finish();
  void answered(Cookie cookie, const proto::OperationAnswer& answer);
  void holdings_lost() {
    caller_.holdings_lost();
    conditions_.holdings_lost();
  }
  // Makes a lock beside each object, and removes the object. Call when all has been read.
  void remove_all();
  // Neither a call nor a hold is left.
  bool idle() const { return caller_.idle(); }

 private:
  void open(std::size_t shared);
  void use(std::size_t shared);
  void use_condition(std::size_t shared);
  void use_or_lend(std::size_t pipe);
  void opened(const ObjectCall& open);
  void read_rest(std::size_t shared);

  ObjectCaller caller_;
  ConditionUser conditions_{caller_};
  Lender lender_;
  bool removing_ = false;
};

}  // namespace forkmill::sim
