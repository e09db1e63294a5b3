// Opens connections of a broker to its PostgreSQL server: checks that the server keeps what the broker promises, and
// fixes the settings that the broker relies on.
#pragma once

#include <memory>
#include <string>

#include "broker/store/postgres/server_connection.h"

namespace forkmill::broker {

// CommitSafety: what a commit must be before it is acknowledged.
enum class CommitSafety {
  local,    // on the disk of the server
  standby,  // also on the disk of a synchronous standby
};

// Connects, as the constructor of ServerConnection. Throws StoreError, with what to do, if the server is weaker than
// `safety`, too old, or not one that a broker can use; Interrupted if it is a read-only standby, as the primary of
// a moment ago may be.
std::unique_ptr<ServerConnection> open_session(const ServerAddress& address, const Patience& patience,
                                               CommitSafety safety);

}  // namespace forkmill::broker
