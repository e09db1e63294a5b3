#include "broker/store/postgres/shard.h"

#include "broker/store/postgres/mutants.h"
#include "broker/store/postgres/schema.h"
#include "broker/store/store.h"

namespace forkmill::broker {

namespace {

constexpr const char* kLockNotAvailable = "55P03";
constexpr int kStandbys = 2;  // the place of this setting among the results of a transaction of its own

ShardRow row_of(const Rows& rows) {
  return {rows.text(0, 0),
          proto::Epoch{rows.number(0, 1)},
          rows.text(0, 2),
          rows.text(0, 3),
          proto::CommitSeq{rows.number(0, 4)},
          proto::TaskSeq{rows.number(0, 5)},
          rows.number(0, 6) != 0,
          rows.number(0, 7) != 0,
          rows.number(0, 8) != 0};
}

// The end of a lease that begins now and is `times` as long as one is.
std::string lease_end(int times = 1) {
  return "clock_timestamp() + interval '" + std::to_string(times * kLease.count()) + " ms'";
}

// Ends the sessions that may have the row of the shard locked: those of an owner that was cut off in a transaction, or
// stopped. A commit that waits for its standby is in the database already, and stays. Owners of other shards, which
// their sessions name (open_session()), go on. Sessions that this user may not end, as those of other users, are left:
// the server would refuse the whole statement.
void end_other_transactions(ServerSession& server, std::uint64_t shard) {
  static_cast<void>(server.run(
      "SELECT pg_terminate_backend(l.pid) FROM pg_roles me, pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
      " WHERE me.rolname = current_user AND l.relation = 'forkmill.shard'::regclass"
      " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
      " AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND l.granted AND l.pid <> pg_backend_pid()"
      " AND (a.application_name NOT LIKE 'forkmill-broker shard %' OR a.application_name = 'forkmill-broker "
      "shard ' || $1::bigint)"
      " AND (a.usesysid = me.oid OR me.rolsuper)",
      Parameters{}.number(shard)));
}

// Sends the queued statements of a transaction that may have to wait for the row. Throws Interrupted if the server
// did not wait for its standby, or not to the end. Returns the results, beginning with that of the first statement
// after begin_alone().
std::vector<Rows> commit_alone(ServerSession& server, const Claimant& claimant) {
  server.send_sql("COMMIT");
  ask_standbys(server);
  std::vector<Rows> results;
  try {
    results = server.finish();
  } catch (const Interrupted& interrupted) {
    if (interrupted.state() == kLockNotAvailable) {
      server.run("ROLLBACK");
      end_other_transactions(server, claimant.shard);
    }
    throw;
  }
  if (const auto warning = server.take_warning();
      !warning.empty() && !mutant(PostgresMutant::warning_taken_for_success))
    throw Interrupted{warning};
  if (claimant.safety == CommitSafety::standby && !mutant(PostgresMutant::standbys_not_asked)) {
    check_standbys(results.at(kStandbys));
    check_standbys(results.back());
  }
  results.erase(results.begin(), results.begin() + kStandbys + 1);
  return results;
}

void begin_alone(ServerSession& server) {
  server.send_sql("BEGIN");
  server.send_sql("SET LOCAL lock_timeout = '1s'");
  ask_standbys(server);
}

}  // namespace

// Servers that follow each other have clocks that differ a little: twice its length is more than a lease lasts.
std::string lease_ends_too_late(const std::string& until) { return "(" + until + " > " + lease_end(2) + ")"; }

std::string lease_lasts(const std::string& until) {
  return "(" + until + " > clock_timestamp() AND NOT " + lease_ends_too_late(until) + ")";
}

void ask_standbys(ServerSession& server) { server.send_sql("SELECT current_setting('synchronous_standby_names')"); }

void check_standbys(const Rows& answer) {
  if (answer.bytes(0, 0).empty())
    throw Interrupted{"synchronous_standby_names is empty, so that no standby has what is committed", kNoStandbys};
}

ShardRow read_shard(ServerSession& server, std::uint64_t shard) {
  const Rows rows = server.run(
      "SELECT s.store, s.epoch, s.owner, s.address, s.commit_number, s.last_seq, " + lease_lasts("l.lease_until") +
          ", EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = (26220 + s.id)::oid AND objsubid "
          "= 2"
          " AND objid = (s.epoch & 2147483647)::oid AND granted"
          " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())), " +
          lease_ends_too_late("l.lease_until") +
          " FROM forkmill.shard s JOIN forkmill.lease l ON l.shard = s.id WHERE s.id = $1::bigint",
      Parameters{}.number(shard));
  if (rows.size() != 1) {
    throw StoreError{"table forkmill.shard has no row of shard " + std::to_string(shard) +
                     ": restore a backup of the database"};
  }
  return row_of(rows);
}

bool take_over(ServerSession& server, proto::Epoch seen, const Claimant& claimant, ShardRow& row) {
  const std::uint64_t left_out = seen.value() == 0 ? 0 : Store::kLeftOut;  // as of Store::Identity::last_seq
  begin_alone(server);
  server.send_sql(
      "UPDATE forkmill.shard SET epoch = epoch + 1, owner = $3::text, address = $4::text, last_seq = last_seq + "
      "$5::bigint WHERE id = $1::bigint AND epoch = $2::bigint RETURNING store, epoch, owner, address, commit_number, "
      "last_seq, true, true, false",
      Parameters{}
          .number(claimant.shard)
          .number(seen.value())
          .bytes(claimant.owner)
          .bytes(claimant.address)
          .number(left_out));
  server.send_sql("UPDATE forkmill.lease SET epoch = s.epoch, lease_until = " + lease_end() +
                      " FROM forkmill.shard s WHERE s.id = shard AND s.id = $1::bigint AND s.epoch = $2::bigint",
                  Parameters{}.number(claimant.shard).number(seen.value() + 1));
  const auto results = commit_alone(server, claimant);
  const Rows& updated = results.at(0);
  if (updated.size() == 0) return false;
  row = row_of(updated);
  return true;
}

proto::CommitSeq confirm_ownership(ServerSession& server, proto::Epoch epoch, const Claimant& claimant) {
  begin_alone(server);
  server.send_sql(
      "UPDATE forkmill.shard SET epoch = epoch WHERE id = $1::bigint AND epoch = $2::bigint AND owner = $3::text"
      " RETURNING commit_number",
      Parameters{}.number(claimant.shard).number(epoch.value()).bytes(claimant.owner));
  const auto results = commit_alone(server, claimant);
  const Rows& updated = results.at(0);
  if (updated.size() == 0) throw StoreError{deposed_text(read_shard(server, claimant.shard), epoch)};
  return proto::CommitSeq{updated.number(0, 0)};
}

bool renew_lease(ServerSession& server, const Tenure& tenure) {
  const Rows done = server.run("UPDATE forkmill.lease SET lease_until = " + lease_end() +
                                   " WHERE shard = $1::bigint AND epoch = $2::bigint RETURNING 1::bigint",
                               Parameters{}.number(tenure.shard).number(tenure.epoch.value()));
  return done.size() == 1;
}

// A lock that is shared never waits: the session of before may not have ended yet.
void announce_owner(ServerSession& server, const Tenure& tenure) {
  server.run("SELECT pg_try_advisory_lock_shared((26220 + $2::bigint)::integer, ($1::bigint & 2147483647)::integer)",
             Parameters{}.number(tenure.epoch.value()).number(tenure.shard));
}

void release_lease(ServerSession& server, const Tenure& tenure) {
  server.run("UPDATE forkmill.lease SET lease_until = '-infinity' WHERE shard = $1::bigint AND epoch = $2::bigint",
             Parameters{}.number(tenure.shard).number(tenure.epoch.value()));
}

std::string deposed_text(const ShardRow& row, proto::Epoch epoch) {
  if (row.epoch < epoch) {
    return "the server has epoch " + std::to_string(row.epoch.value()) + ", and this broker owned the tasks in epoch " +
           std::to_string(epoch.value()) + ": it was replaced by a server that lacks commits, or by a backup";
  }
  return "another broker has taken over (epoch " + std::to_string(row.epoch.value()) + ", " + row.owner +
         (row.address.empty() ? "" : " at " + row.address) +
         "); this one was deposed, and has acknowledged no durable task since";
}

}  // namespace forkmill::broker
