// Joining: a machine that was invited makes a key of its own, has the broker enrol it, and keeps it in a file.
//
//     FILE.joining   the key before the broker has enrolled it; a machine that crashes meanwhile, or that a broker does
//                    not know yet, goes on with this one
//     FILE           the same, once it is enrolled (proto/transport/keys/invitation.h)
//
// The key is made once, before the broker knows it, so that a repetition is about the same key, which the broker enrols
// again. Several processes may join with one invitation and one FILE at the same time: they get the same key.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "proto/clock.h"
#include "proto/result.h"

namespace forkmill::proto {

struct JoinRequest {
  std::string invitation;                          // as `forkmill invite` has printed it
  std::string file;                                // empty: one in joined_folder(), named by the invitation
  std::optional<milliseconds> patience{};          // for the broker's answer; none: without end
  std::function<void(const std::string&)> note{};  // called with each reason why there is no connection; null: not
};

struct Joined {
  std::string file;
  std::string endpoints;  // the broker's
  bool is_new = false;    // false: the machine had joined before, and no broker was asked
};

// Returns what there is to connect with; without asking the broker if the machine has joined before. Blocks for the
// broker's answer. Fails, with what to do: invitation_spent, invitation_expired or invitation_revoked as the broker
// says; invitation_unknown if no broker of the invitation knows it, or disconnected if there was no answer, after both
// of which a repetition goes on; and
// option_out_of_range for a text that is no invitation, or files that cannot be used. Existing files are never
// overwritten.
Result<Joined> join(const JoinRequest& request);

// Returns the folder of the keys of this user that have come of invitations. Empty: this user has no home directory.
std::string joined_folder();

}  // namespace forkmill::proto
