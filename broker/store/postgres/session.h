// Opens connections of a broker to its PostgreSQL server: checks that the server keeps what the broker promises, and
// fixes the settings that the broker relies on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/store/postgres/patience.h"
#include "broker/store/postgres/server_address.h"
#include "broker/store/postgres/server_session.h"

namespace forkmill::broker {

// CommitSafety: what a commit must be before it is acknowledged.
enum class CommitSafety {
  local,    // on the disk of the server
  standby,  // also on the disk of a synchronous standby
};

// ConnectToServer: makes a session with a server. Throws what the constructor of ServerConnection throws. The second
// argument outlives the session.
using ConnectToServer = std::function<std::unique_ptr<ServerSession>(const ServerAddress&, const Patience&)>;
std::unique_ptr<ServerSession> connect_by_libpq(const ServerAddress& address, const Patience& patience);

// SessionRole: what a session is for. Its application_name in the server says the shard.
struct SessionRole {
  CommitSafety safety = CommitSafety::standby;
  std::uint64_t shard = 0;  // 0: all, or the only one
};

// Checks and prepares a session that was just made. Throws StoreError, with what to do, if the server is weaker than
// the safety of `role`, too old, or not one that a broker can use; Interrupted if it is a read-only standby, as the
// primary of a moment ago may be.
void prepare_session(ServerSession& server, const SessionRole& role);
// Makes a session, and prepares it.
std::unique_ptr<ServerSession> open_session(const ConnectToServer& connect, const ServerAddress& address,
                                            const Patience& patience, const SessionRole& role);

}  // namespace forkmill::broker
