// Session: the conversation with one peer.
#pragma once

#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/session/rights.h"
#include "proto/shared_text.h"

namespace forkmill::broker {

using proto::Instant;
using proto::milliseconds;

struct Session {
  proto::SessionId id;
  proto::PeerId peer;      // none: out of reach
  proto::MessageSeq sent;  // the last message sent in this session
  Instant heard{0};
  milliseconds since{0};   // Unix time of its beginning
  proto::SharedText name;  // each outcome of a worker has it
  std::string host;
  std::uint32_t pid = 0;
  // Sessions that this one carries on, until the peer has sent something in it: a HELLO that comes late from a broken
  // connection takes over, too, and the peer goes on from the session that it knows.
  std::vector<proto::SessionId> before;
  std::uint64_t order = 0;                // order of the HELLO that began it
  std::string principal;                  // principal of its peer; empty: the broker's own user
  const proto::Rights* rights = nullptr;  // null: its principal may use everything
  proto::CommitSeq after{};               // nothing goes out in this session before this commit is safe
};

}  // namespace forkmill::broker
