#include "broker/store/postgres/session.h"

#include "broker/store/postgres/mutants.h"
#include "broker/store/postgres/server_connection.h"

namespace forkmill::broker {

namespace {

constexpr std::uint64_t kOldestServer = 150000;  // version 15

// ServerSettings: the server and this session, as the server describes them.
struct ServerSettings {
  std::uint64_t version = 0;
  std::uint64_t process = 0;
  bool is_standby = false;
  std::string encoding;
  std::string isolation;
  std::string fsync;
  std::string full_page_writes;
  std::string synchronous_commit;
  std::string standby_names;
};

ServerSettings ask_settings(ServerSession& server) {
  const Rows row = server.run(
      "SELECT current_setting('server_version_num')::bigint, pg_backend_pid()::bigint, pg_is_in_recovery(),"
      " current_setting('server_encoding'), current_setting('default_transaction_isolation'),"
      " current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),"
      " current_setting('synchronous_standby_names')");
  return {row.number(0, 0), row.number(0, 1), row.number(0, 2) != 0, row.text(0, 3), row.text(0, 4),
          row.text(0, 5),   row.text(0, 6),   row.text(0, 7),        row.text(0, 8)};
}

void refuse_setting(const std::string& name, const std::string& value, const std::string& why,
                    const std::string& remedy) {
  throw StoreError{"the server has " + name + " = " + (value.empty() ? "''" : value) + ": " + why + "; " + remedy};
}

// Fails for settings with which acknowledged tasks could be lost.
void check_durability(const ServerSettings& found, CommitSafety safety) {
  const std::string lost = "a crash of the server's machine loses acknowledged tasks";
  const std::string& commit = found.synchronous_commit;
  if (found.fsync != "on") refuse_setting("fsync", found.fsync, lost, "set fsync = on");
  if (found.full_page_writes != "on")
    refuse_setting("full_page_writes", found.full_page_writes, lost, "set full_page_writes = on");
  if (commit == "off") refuse_setting("synchronous_commit", commit, lost, "set synchronous_commit = on");
  if (safety == CommitSafety::local) return;
  const std::string remedy = ", or give --durability local, with which tasks are safe on this server only";
  if (commit != "on" && commit != "remote_apply") {
    refuse_setting("synchronous_commit", commit, "a standby may lack acknowledged tasks",
                   "set synchronous_commit = on" + remedy);
  }
  if (found.standby_names.empty()) {
    refuse_setting("synchronous_standby_names", "", "no standby has the acknowledged tasks",
                   "name the standbys, such as ANY 1 (*)" + remedy);
  }
}

void check_session(ServerSession& server, const ServerSettings& found, CommitSafety safety) {
  if (found.version < kOldestServer) {
    throw StoreError{"the server has version " + std::to_string(found.version / 10000) +
                     ", and PostgreSQL 15 or newer is needed"};
  }
  if (found.process != static_cast<std::uint64_t>(server.server_process())) {
    throw StoreError{
        "a pooler stands between the broker and the server (it shows another process than the server does), and may "
        "give each transaction another session: connect to the server itself"};
  }
  if (found.encoding != "UTF8") {
    throw StoreError{"the encoding of the database is " + found.encoding +
                     ": create one with UTF8 (CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0)"};
  }
  if (found.isolation == "read uncommitted") {
    refuse_setting("default_transaction_isolation", found.isolation, "transactions may see what is not committed",
                   "set default_transaction_isolation = 'read committed'");
  }
  if (found.is_standby && !mutant(PostgresMutant::standby_read)) {
    throw Interrupted{
        "the server is a read-only standby: name the primary, or both of them (postgresql://USER@A,B/DATABASE)"};
  }
  check_durability(found, safety);
}

}  // namespace

std::unique_ptr<ServerSession> connect_by_libpq(const ServerAddress& address, const Patience& patience) {
  return std::make_unique<ServerConnection>(address, patience);
}

void prepare_session(ServerSession& server, const SessionRole& role) {
  const ServerSettings found = ask_settings(server);
  check_session(server, found, role.safety);
  // Later changes of the server's settings leave this session as it is. Rows are found by their key: the planner has no
  // statistics of young tables, and must not read them as a whole.
  server.send_sql("SET synchronous_commit = " + found.synchronous_commit);
  if (role.shard != 0)
    server.send_sql("SET application_name = 'forkmill-broker shard " + std::to_string(role.shard) + "'");
  for (const char* setting :
       {"default_transaction_isolation = 'read committed'", "default_transaction_read_only = off",
        "client_min_messages = warning", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0",
        "idle_session_timeout = 0", "lock_timeout = 0", "plan_cache_mode = force_generic_plan", "enable_seqscan = off",
        "enable_hashjoin = off", "enable_mergejoin = off", "jit = off"})
    server.send_sql(std::string{"SET "} + setting);
  static_cast<void>(server.finish());
  static_cast<void>(server.take_warning());
}

std::unique_ptr<ServerSession> open_session(const ConnectToServer& connect, const ServerAddress& address,
                                            const Patience& patience, const SessionRole& role) {
  auto server = connect(address, patience);
  prepare_session(*server, role);
  return server;
}

}  // namespace forkmill::broker
