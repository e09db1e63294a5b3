// Messages by which a worker or client that was invited gets a key of its own: INVITE, INVITED, ENROL, ENROLLED. Each
// question is answered once, outside of sessions (PROTOCOL.md, Invitations).
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <string>
#include <vector>

#include "proto/clock.h"

namespace forkmill::proto {

enum class InviteVerb : std::uint8_t { make = 1, list = 2, revoke = 3 };
constexpr InviteVerb last_of(InviteVerb) { return InviteVerb::revoke; }

// An operator makes, lists or revokes invitations.
struct Invite {
  std::uint64_t nonce = 0;  // comes back in the answer
  InviteVerb verb = InviteVerb::list;
  std::string key{};         // make: the public key of the invitation, 64 hexadecimal digits
  std::string principal{};   // make: who is enrolled with it
  std::string roles{};       // make: as in the file of authorized keys, "worker,client"
  std::string rights{};      // make: as there, "serve=mail.* max-queued=100"
  milliseconds lifetime{0};  // make: from arrival
  std::string which{};       // revoke: an id, or the name of a principal
  friend bool operator==(const Invite&, const Invite&) = default;
};

// An invitation, or the key that has come of it.
struct InvitationRow {
  std::string id;     // the first 16 digits of its public key
  std::string state;  // pending, expired, enrolled or revoked
  std::string principal;
  std::string roles;
  std::string rights;
  std::string by;           // the principal that has made it
  milliseconds expires{0};  // Unix time
  std::string key{};        // the public key that was enrolled; empty: none
  friend bool operator==(const InvitationRow&, const InvitationRow&) = default;
};

struct Invited {
  std::uint64_t nonce = 0;
  Errc code = Errc::ok;
  std::string text{};                 // the reason of `code`
  std::string broker{};               // the public key of the broker
  std::string endpoints{};            // where it can be reached over TCP, with commas between
  std::vector<InvitationRow> rows{};  // make, revoke: those that have changed; list: all
  friend bool operator==(const Invited&, const Invited&) = default;
};

// A peer whose connection has the key of an invitation enrols its own key.
struct Enrol {
  std::uint64_t nonce = 0;
  std::string key;   // public, 64 hexadecimal digits
  std::string host;  // for people
  friend bool operator==(const Enrol&, const Enrol&) = default;
};

struct Enrolled {
  std::uint64_t nonce = 0;
  Errc code = Errc::ok;
  std::string text{};       // the reason of `code`
  std::string principal{};  // whose key it is now
  std::string roles{};
  friend bool operator==(const Enrolled&, const Enrolled&) = default;
};

}  // namespace forkmill::proto
