// Invitations: one file with all that a worker or client needs to connect. Files of keys are read in the same way, so
// that an invitation is the file of the own secret key and that of the broker's public key, too:
//
//     # Invitation of forkmill for alice: keep it to its owner.       mode 0600
//     broker tcp://192.0.2.1:7117
//     public 8c1d…                                                     the broker's
//     secret 5e5f…                                                     alice's
//
// Thread-safe.
#pragma once

#include <string>

#include "proto/status.h"
#include "proto/transport/keys/key_files.h"

namespace forkmill::proto {

struct Invitation {
  std::string principal;
  std::string endpoint;
  Key broker;  // public key
  Key secret;  // secret key of the principal
};

// Fails if the file exists or cannot be made.
Status write_invitation(const std::string& path, const Invitation& invitation);

// Returns the endpoint of the broker. Fails, with what to do, as read_key_pair() does, and if a line is missing.
Result<std::string> read_invitation(const std::string& path);

}  // namespace forkmill::proto
