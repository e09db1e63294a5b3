// ObjectCaller: makes calls on named objects through one client's session and keeps them in the ObjectHistory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/objects/object_history.h"
#include "tests/sim/users/known_objects.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/unique_values.h"

namespace forkmill::sim {

class ObjectCaller {
 public:
  ObjectCaller(World& world, ObjectHistory& history, std::string name, SessionHands& session)
      : world_{world},
        history_{history},
        name_{std::move(name)},
        session_{session},
        objects_{world.options.objects.shared},
        values_{world} {}

  // Begins and ends a life of the client.
  void start();
  void crash();
  bool up() const { return life_ != 0; }

  // An operation on an object, by one of two holders, without a wait.
  proto::Operation make(std::size_t shared, proto::Verb verb);
  // Makes a call; draws how long it waits and, if `may_give_up`, whether the client gives it up.
  void call(std::size_t shared, proto::Operation op, bool may_give_up = true);
  // Takes the answer of a call; returns the call with its answer.
  ObjectCall answered(Cookie cookie, const proto::OperationAnswer& answer);
  // Call when the broker has told the client that its holdings are lost.
  void holdings_lost();

  // Calls `then` after the time for which an object is held, if the client lives so long.
  void hold(std::function<void()> then);
  // Whether no call and no hold is left.
  bool idle() const { return outstanding_.empty() && holding_ == 0; }

  KnownObjects& objects() { return objects_; }
  UniqueValues& values() { return values_; }
  World& world() { return world_; }

  // Set when everything else has ended: from then on no call waits or is given up.
  bool finishing = false;

 private:
  milliseconds draw_wait();
  void later(std::function<void()> what);

  World& world_;
  ObjectHistory& history_;
  std::string name_;
  SessionHands& session_;
  KnownObjects objects_;
  UniqueValues values_;
  std::uint64_t life_ = 0;  // 0: not alive
  std::vector<Cookie> outstanding_;
  std::size_t holding_ = 0;
};

}  // namespace forkmill::sim
