// Questions: the queries and commands of a client that wait for their answers.
#pragma once

#include <functional>
#include <unordered_map>

#include "proto/wire/messages.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/world/cookie.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Draws a cookie of a request that has no future in the history.
inline Cookie draw_cookie(Random& random) { return Cookie{1} << 63 | random.next(); }

class Questions {
 public:
  using Then = std::function<void(const proto::Reply&)>;

  Questions(World& world, SessionHands& session) : world_{world}, session_{session} {}

  // Asks the broker. `then`, if there is one, is called with the answer.
  void ask(proto::Query query, Then then = {});
  // Gives the broker a command.
  void give(proto::AnyCommand command, Then then = {});
  void answered(Cookie cookie, const proto::Reply& reply);
  // Forgets all questions: their client is gone.
  void clear() { asked_.clear(); }

 private:
  Cookie expect(Then then);

  World& world_;
  SessionHands& session_;
  std::unordered_map<Cookie, Then> asked_;
};

}  // namespace forkmill::sim
