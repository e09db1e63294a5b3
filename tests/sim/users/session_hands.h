// SessionHands: the session of a client, as its user sees it.
#pragma once

#include "client/session/requests.h"

namespace forkmill::sim {

class SessionHands {
 public:
  virtual ~SessionHands() = default;
  // Whether the client lives.
  virtual bool up() const = 0;
  // Gives the session a request. Only a later round sends it.
  virtual void handle(client::Request request) = 0;
  // Carries out what the session wants done at once.
  virtual void carry_out_effects() = 0;
  // Wakes the client up for a round.
  virtual void wake_soon() = 0;
};

}  // namespace forkmill::sim
