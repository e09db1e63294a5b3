// Invitations: one line of text with which a worker or client gets a key of its own, once (proto/transport/joining):
//
//     forkmill-1.7b2e….5e5f….tcp://192.0.2.1:7117,tcp://192.0.2.2:7117
//                │     │     the endpoints of one broker, or of those that stand by for each other
//                │     the secret key of the invitation; brokers know its public key
//                the public key of the broker
//
// A machine that has joined keeps all that it needs to connect in one file, which is also read as that of its secret
// key and that of the broker's public key:
//
//     # Key of forkmill for mail-workers: keep it to its owner.       mode 0600
//     invitation 8c1d…
//     broker tcp://192.0.2.1:7117
//     public 7b2e…                                                     the broker's
//     secret 03be…                                                     its own
//
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/transport/keys/key_files.h"

namespace forkmill::proto {

struct Invitation {
  std::string endpoints;  // with commas between
  Key broker;             // public key
  KeyPair own;            // the invitation's
};

std::string to_string(const Invitation& invitation);
// Fails, with what to do, if the text is no whole invitation.
Result<Invitation> parse_invitation(std::string_view text);

// Returns the name of an invitation for people: the first 16 digits of its public key.
std::string invitation_id(const Key& public_key);

// ConnectionFile: what the file of a machine that has joined says, apart from the keys.
struct ConnectionFile {
  std::string invitation;  // its id
  std::string endpoints;
};

// Returns the content of the file: `own` is the secret key of the machine.
std::string connection_file(const Invitation& invitation, const Key& own);

// Fails, with what to do, as read_key_pair() does, and if a line is missing.
Result<ConnectionFile> read_connection_file(const std::string& path);

}  // namespace forkmill::proto
