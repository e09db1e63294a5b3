// Shard: who owns the tasks of a shard. A row in the database names the owner by its epoch, and only the owner commits:
// each transaction locks the row and checks the epoch, and that the last commit is the one which it follows. A lease
// beside it, and a lock that a session of the owner holds, say whether the owner is alive; they decide when another
// broker tries to take over, and nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "broker/store/postgres/server_session.h"
#include "broker/store/postgres/session.h"
#include "proto/ids.h"

namespace forkmill::broker {

// How long a lease lasts, and how often its owner renews it and others look at it.
inline constexpr std::chrono::milliseconds kLease{2000};
inline constexpr std::chrono::milliseconds kLeaseRenewal{400};
inline constexpr std::chrono::milliseconds kLeaseLook{200};
// Returns the condition, in SQL, that a lease ends later than any lease does which ends at this time of the server's
// clock: it was made before the clock was set back. Its owner is about to renew it, or renews it no longer.
std::string lease_ends_too_late(const std::string& until);
// Returns the condition that such a lease lasts, and does not end too late.
std::string lease_lasts(const std::string& until);
// How long an owner that has announced itself may be without its session.
inline constexpr std::chrono::milliseconds kAbsence{1000};

// SQLSTATEs of this schema's functions.
inline constexpr const char* kDeposed = "FM001";
inline constexpr const char* kNoStandbys = "FM002";
inline constexpr const char* kNotLast = "FM003";

// The row of the shard.
struct ShardRow {
  std::string store;  // the id of the store; never changes
  proto::Epoch epoch;
  std::string owner;    // names one process
  std::string address;  // where clients reach it
  proto::CommitSeq commit;
  proto::TaskSeq last_seq;
  bool is_leased = false;      // the lease of the owner lasts, and does not end too late
  bool is_present = false;     // the owner has a session that says so
  bool ends_too_late = false;  // the lease was made before the clock of the server was set back
};

// Tenure: the time in which one broker owns a shard.
struct Tenure {
  std::uint64_t shard = 1;
  proto::Epoch epoch{};
};

// Claimant: a broker that owns the shard, or wants to.
struct Claimant {
  std::uint64_t shard = 1;
  std::string owner;    // names one process
  std::string address;  // where clients reach it
  CommitSafety safety = CommitSafety::standby;
};

// Queues the question for which standbys commits wait, and checks the answer. A commit counts if it was asked for
// before and after it: the server may be told in between to wait for none. Throws Interrupted if there are none.
void ask_standbys(ServerSession& server);
void check_standbys(const Rows& answer);

// Reads the row as it is committed.
ShardRow read_shard(ServerSession& server, std::uint64_t shard);

// Makes `claimant` the owner and raises the epoch, unless the epoch is not `seen` any longer. Returns whether it did;
// the new row is in `row` then, and what every earlier owner has committed is on the standby. Ends the transaction of
// an earlier owner that is in the way.
bool take_over(ServerSession& server, proto::Epoch seen, const Claimant& claimant, ShardRow& row);

// Commits something as `claimant`, the owner of `epoch`. When it returns, all earlier commits are as safe as later ones
// will be. Returns the last commit. Throws StoreError if the shard has another owner. The epoch alone does not tell: a
// server that was replaced by a backup gives out epochs a second time.
proto::CommitSeq confirm_ownership(ServerSession& server, proto::Epoch epoch, const Claimant& claimant);

// Says that the owner is alive, as long as this session lasts: a server notices at once when a process dies.
void announce_owner(ServerSession& server, const Tenure& tenure);
// Ends the lease of an owner that stops.
void release_lease(ServerSession& server, const Tenure& tenure);
// Renews the lease. Returns false if the shard has another owner.
bool renew_lease(ServerSession& server, const Tenure& tenure);

// The text for the owner of `epoch`, which has lost its shard.
std::string deposed_text(const ShardRow& row, proto::Epoch epoch);

}  // namespace forkmill::broker
