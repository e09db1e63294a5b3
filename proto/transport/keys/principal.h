// Principals: the identity and rights of a peer of the broker. The transport knows the principal of each connection, by
// its key or by its user.
#pragma once

#include <string>

#include "proto/session/rights.h"

namespace forkmill::proto {

// The sessions that peers of a principal may have, and what they may do in them.
struct Roles {
  bool client = false;  // submit tasks, await them, use named objects, ask
  bool worker = false;  // run tasks
  bool admin = false;   // as client, and the commands of operators
  friend bool operator==(const Roles&, const Roles&) = default;
};

struct Principal {
  std::string name;
  Roles roles;
  Rights rights{};
  bool is_removed = false;  // its key was removed: it may do nothing
  bool is_owner = false;    // the user as whom the broker runs, or any peer where TCP needs no keys
  // The public key of the invitation that is the peer's key. It may enrol a key of its own, and nothing else. Empty:
  // its key is no invitation.
  std::string invitation{};
};

}  // namespace forkmill::proto
