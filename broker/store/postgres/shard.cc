#include "broker/store/postgres/shard.h"

#include "broker/store/postgres/schema.h"
#include "broker/store/store.h"

namespace forkmill::broker {

namespace {

constexpr const char* kLockNotAvailable = "55P03";

ShardRow row_of(const Rows& rows) {
  return {rows.text(0, 0),       proto::Epoch{rows.number(0, 1)},     rows.text(0, 2),
          rows.text(0, 3),       proto::CommitSeq{rows.number(0, 4)}, proto::TaskSeq{rows.number(0, 5)},
          rows.number(0, 6) != 0};
}

std::string lease_end() { return "clock_timestamp() + interval '" + std::to_string(kLease.count()) + " ms'"; }

// Ends the sessions that have the row of the shard locked: those of an owner that was cut off in a transaction, or
// stopped. A commit that waits for its standby is in the database already, and stays.
void end_other_transactions(ServerConnection& server) {
  static_cast<void>(
      server.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'forkmill.shard'::regclass"
                 " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                 " AND mode IN ('RowShareLock', 'RowExclusiveLock') AND granted AND pid <> pg_backend_pid()"));
}

// Sends the queued statements of a transaction that may have to wait for the row. Throws Interrupted if the server
// stopped waiting for its standby.
std::vector<Rows> commit_alone(ServerConnection& server) {
  server.send_sql("COMMIT");
  std::vector<Rows> results;
  try {
    results = server.finish();
  } catch (const Interrupted& interrupted) {
    if (interrupted.state() == kLockNotAvailable) {
      server.run("ROLLBACK");
      end_other_transactions(server);
    }
    throw;
  }
  if (const auto warning = server.take_warning(); !warning.empty()) throw Interrupted{warning};
  return results;
}

void begin_alone(ServerConnection& server) {
  server.send_sql("BEGIN");
  server.send_sql("SET LOCAL lock_timeout = '1s'");
}

}  // namespace

ShardRow read_shard(ServerConnection& server) {
  const Rows rows = server.run(
      "SELECT s.store, s.epoch, s.owner, s.address, s.commit_number, s.last_seq, l.lease_until > clock_timestamp()"
      " FROM forkmill.shard s JOIN forkmill.lease l ON l.shard = s.id WHERE s.id = $1::bigint",
      Parameters{}.number(kShard));
  if (rows.size() != 1) throw StoreError{"table forkmill.shard has no row: restore a backup of the database"};
  return row_of(rows);
}

bool take_over(ServerConnection& server, proto::Epoch seen, const std::string& owner, const std::string& address,
               ShardRow& row) {
  const std::uint64_t left_out = seen.value() == 0 ? 0 : Store::kLeftOut;  // as of Store::Identity::last_seq
  begin_alone(server);
  server.send_sql(
      "UPDATE forkmill.shard SET epoch = epoch + 1, owner = $3::text, address = $4::text, last_seq = last_seq + "
      "$5::bigint WHERE id = $1::bigint AND epoch = $2::bigint RETURNING store, epoch, owner, address, commit_number, "
      "last_seq, true",
      Parameters{}.number(kShard).number(seen.value()).bytes(owner).bytes(address).number(left_out));
  server.send_sql("UPDATE forkmill.lease SET epoch = s.epoch, lease_until = " + lease_end() +
                      " FROM forkmill.shard s WHERE s.id = shard AND s.id = $1::bigint AND s.epoch = $2::bigint",
                  Parameters{}.number(kShard).number(seen.value() + 1));
  const auto results = commit_alone(server);
  const Rows& updated = results.at(2);
  if (updated.size() == 0) return false;
  row = row_of(updated);
  return true;
}

proto::CommitSeq confirm_ownership(ServerConnection& server, proto::Epoch epoch) {
  begin_alone(server);
  server.send_sql(
      "UPDATE forkmill.shard SET epoch = epoch WHERE id = $1::bigint AND epoch = $2::bigint RETURNING commit_number",
      Parameters{}.number(kShard).number(epoch.value()));
  const auto results = commit_alone(server);
  const Rows& updated = results.at(2);
  if (updated.size() == 0) throw StoreError{deposed_text(read_shard(server))};
  return proto::CommitSeq{updated.number(0, 0)};
}

bool renew_lease(ServerConnection& server, proto::Epoch epoch) {
  const Rows done = server.run("UPDATE forkmill.lease SET lease_until = " + lease_end() +
                                   " WHERE shard = $1::bigint AND epoch = $2::bigint RETURNING 1::bigint",
                               Parameters{}.number(kShard).number(epoch.value()));
  return done.size() == 1;
}

void release_lease(ServerConnection& server, proto::Epoch epoch) {
  server.run("UPDATE forkmill.lease SET lease_until = '-infinity' WHERE shard = $1::bigint AND epoch = $2::bigint",
             Parameters{}.number(kShard).number(epoch.value()));
}

std::string deposed_text(const ShardRow& row) {
  return "another broker has taken over (epoch " + std::to_string(row.epoch.value()) + ", " + row.owner +
         (row.address.empty() ? "" : " at " + row.address) +
         "); this one was deposed, and has acknowledged no durable task since";
}

}  // namespace forkmill::broker
