#include "broker/store/postgres/schema.h"

#include <array>
#include <span>

namespace forkmill::broker {

namespace {

// Any number that no other program uses for advisory locks of this database.
constexpr std::uint64_t kLock = 0x666f726b6d696c6c;

// Rows are sent by key, and are dropped with their table: vacuum is left little to do.
constexpr const char* kVersion1[] = {
    "CREATE SCHEMA IF NOT EXISTS forkmill",
    "CREATE TABLE forkmill.cluster (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), name text NOT NULL,"
    " version integer NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp())",
    "CREATE TABLE forkmill.shard (id integer PRIMARY KEY, store text NOT NULL, epoch bigint NOT NULL DEFAULT 0,"
    " owner text NOT NULL DEFAULT '', address text NOT NULL DEFAULT '', commit_number bigint NOT NULL DEFAULT 0,"
    " last_seq bigint NOT NULL DEFAULT 0) WITH (fillfactor = 10)",
    "CREATE TABLE forkmill.lease (shard integer PRIMARY KEY REFERENCES forkmill.shard, epoch bigint NOT NULL DEFAULT 0,"
    " lease_until timestamptz NOT NULL DEFAULT '-infinity') WITH (fillfactor = 10)",
    "CREATE TABLE forkmill.span (shard integer REFERENCES forkmill.shard, number bigint, PRIMARY KEY (shard, number))",
    "CREATE TABLE forkmill.record_1 (seq bigint PRIMARY KEY, data bytea NOT NULL)",
    "ALTER TABLE forkmill.record_1 ALTER COLUMN data SET STORAGE EXTERNAL",
    // Locks the row of the shard until the end of the transaction. Fails if another broker has taken it over.
    R"(CREATE FUNCTION forkmill.assert_owner(of_shard integer, of_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM forkmill.shard WHERE id = of_shard AND epoch = of_epoch FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'shard % has another owner', of_shard USING ERRCODE = 'FM001'; END IF;
END $$)",
    // Writes the number of the commit that this transaction is. Fails as assert_owner, and if commits need not wait for
    // a standby any longer although they must.
    R"(CREATE FUNCTION forkmill.record_commit(of_shard integer, of_epoch bigint, number bigint, last bigint,
  needs_standby boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF needs_standby AND current_setting('synchronous_standby_names') = '' THEN
    RAISE EXCEPTION 'synchronous_standby_names is empty' USING ERRCODE = 'FM002';
  END IF;
  UPDATE forkmill.shard SET commit_number = number, last_seq = greatest(last_seq, last)
    WHERE id = of_shard AND epoch = of_epoch;
  IF NOT FOUND THEN RAISE EXCEPTION 'shard % has another owner', of_shard USING ERRCODE = 'FM001'; END IF;
END $$)",
    R"(CREATE FUNCTION forkmill.create_span(of_shard integer, of_span bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kind text;
  storage text := 'WITH (autovacuum_vacuum_threshold = 500000, autovacuum_vacuum_insert_threshold = -1, '
    'autovacuum_analyze_threshold = 2000000000, toast.autovacuum_vacuum_threshold = 500000)';
BEGIN
  INSERT INTO forkmill.span VALUES (of_shard, of_span) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  FOREACH kind IN ARRAY ARRAY['task', 'outcome'] LOOP
    EXECUTE format('CREATE TABLE forkmill.%s_%s_%s (seq bigint PRIMARY KEY, data bytea NOT NULL) %s',
      kind, of_shard, of_span, storage);
    EXECUTE format('ALTER TABLE forkmill.%s_%s_%s ALTER COLUMN data SET STORAGE EXTERNAL', kind, of_shard, of_span);
  END LOOP;
  EXECUTE format('CREATE TABLE forkmill.progression_%s_%s (seq bigint PRIMARY KEY, attempts bigint NOT NULL, '
    'due bigint NOT NULL, dispatched boolean NOT NULL)', of_shard, of_span);
END $$)",
    // Drops the tables of a span if nothing is left in it. Returns false if there is something, or another program
    // reads the tables.
    R"(CREATE FUNCTION forkmill.drop_span(of_shard integer, of_epoch bigint, of_span bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  has_rows boolean;
BEGIN
  PERFORM forkmill.assert_owner(of_shard, of_epoch);
  IF NOT EXISTS (SELECT 1 FROM forkmill.span WHERE shard = of_shard AND number = of_span) THEN RETURN true; END IF;
  SET LOCAL lock_timeout = '100ms';
  EXECUTE format('LOCK TABLE forkmill.task_%s_%s IN ACCESS EXCLUSIVE MODE', of_shard, of_span);
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM forkmill.task_%s_%s)', of_shard, of_span) INTO has_rows;
  IF has_rows THEN RETURN false; END IF;
  EXECUTE format('DROP TABLE forkmill.task_%1$s_%2$s, forkmill.outcome_%1$s_%2$s, forkmill.progression_%1$s_%2$s',
    of_shard, of_span);
  DELETE FROM forkmill.span WHERE shard = of_shard AND number = of_span;
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END $$)",
    "INSERT INTO forkmill.shard (id, store) VALUES (1, '')",
    "INSERT INTO forkmill.lease (shard) VALUES (1)",
};

// Adds a column for tasks that were requeued.
constexpr const char* kVersion2[] = {
    R"(DO $$
DECLARE
  one forkmill.span;
BEGIN
  FOR one IN SELECT * FROM forkmill.span LOOP
    EXECUTE format('ALTER TABLE forkmill.progression_%s_%s ADD COLUMN requeued bytea', one.shard, one.number);
  END LOOP;
END $$)",
    "ALTER FUNCTION forkmill.create_span(integer, bigint) RENAME TO create_span_1",
    R"(CREATE FUNCTION forkmill.create_span(of_shard integer, of_span bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM forkmill.create_span_1(of_shard, of_span);
  EXECUTE format('ALTER TABLE forkmill.progression_%s_%s ADD COLUMN IF NOT EXISTS requeued bytea', of_shard, of_span);
END $$)",
};

// Several shards.
constexpr const char* kVersion3[] = {
    "ALTER TABLE forkmill.cluster ADD COLUMN shards integer NOT NULL DEFAULT 1",
    ("CREATE TABLE forkmill.broker (name text PRIMARY KEY, process text NOT NULL, draining boolean NOT NULL DEFAULT "
     "false, lease_until timestamptz NOT NULL) WITH (fillfactor = 10)"),
    "CREATE TABLE forkmill.placement (shard integer PRIMARY KEY, broker text NOT NULL)",
};

// Invitations, and the keys that have come of them.
constexpr const char* kVersion4[] = {
    ("CREATE TABLE forkmill.key_book (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version bigint NOT "
     "NULL DEFAULT 0, content text NOT NULL DEFAULT '')"),
    "INSERT INTO forkmill.key_book DEFAULT VALUES",
};

// A fence against late transactions of the owner itself.
constexpr const char* kVersion5[] = {
    // Locks the row of the shard, like assert_owner, for a transaction that follows the commit `last`. Fails if there
    // is a later one: a transaction that its broker has given up may reach the server when the broker has gone on.
    R"(CREATE FUNCTION forkmill.assert_follows(of_shard integer, of_epoch bigint, last bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM forkmill.shard WHERE id = of_shard AND epoch = of_epoch AND commit_number = last FOR SHARE;
  IF FOUND THEN RETURN; END IF;
  PERFORM forkmill.assert_owner(of_shard, of_epoch);
  RAISE EXCEPTION 'shard % has another last commit than %', of_shard, last USING ERRCODE = 'FM003';
END $$)",
};

constexpr std::array<std::span<const char* const>, 5> kVersions{kVersion1, kVersion2, kVersion3, kVersion4, kVersion5};

void migrate(ServerSession& server, std::size_t version) {
  for (; version < kVersions.size(); ++version)
    for (const char* statement : kVersions[version]) server.run(statement);
}

// The first shard is that of version 1.
void add_shard(ServerSession& server, std::uint64_t shard) {
  const std::string table = "forkmill.record_" + std::to_string(shard);
  server.run("INSERT INTO forkmill.shard (id, store) VALUES ($1::bigint, '')", Parameters{}.number(shard));
  server.run("INSERT INTO forkmill.lease (shard) VALUES ($1::bigint)", Parameters{}.number(shard));
  server.run("CREATE TABLE " + table + " (seq bigint PRIMARY KEY, data bytea NOT NULL)");
  server.run("ALTER TABLE " + table + " ALTER COLUMN data SET STORAGE EXTERNAL");
}

void create_schema(ServerSession& server, const std::string& cluster, std::uint64_t shards, const StoreOrigin& origin) {
  migrate(server, 0);
  for (std::uint64_t shard = 2; shard <= shards; ++shard) add_shard(server, shard);
  server.run("INSERT INTO forkmill.cluster (name, version, shards) VALUES ($1::text, $2::bigint, $3::bigint)",
             Parameters{}.bytes(cluster).number(kVersions.size()).number(shards));
  server.run(
      "UPDATE forkmill.shard SET store = $1::text || CASE id WHEN 1 THEN '' ELSE '-' || id END, epoch = $2::bigint, "
      "commit_number = $3::bigint, last_seq = $4::bigint",
      Parameters{}
          .bytes(origin.id)
          .number(origin.epoch.value())
          .number(origin.commit.value())
          .number(origin.last_seq.value()));
}

void check_cluster(const std::string& cluster, const std::string& found, std::uint64_t version) {
  if (version > kVersions.size()) {
    throw StoreError{"schema forkmill has version " + std::to_string(version) + ", and this forkmill knows up to " +
                     std::to_string(kVersions.size()) + ": a newer forkmill has converted it; start that one"};
  }
  if (cluster != found) {
    throw StoreError{"schema forkmill of this database belongs to cluster '" + found + "', and this broker to '" +
                     cluster + "': give each cluster a database of its own, or --cluster " + found};
  }
}

void check_shards(ServerSession& server, std::uint64_t shards) {
  const std::uint64_t found = server.run("SELECT shards::bigint FROM forkmill.cluster").number(0, 0);
  if (found == shards) return;
  throw StoreError{"this cluster was made with " + std::to_string(found) + (found == 1 ? " shard" : " shards") +
                   ", which cannot be changed, and this broker was started for " + std::to_string(shards) +
                   ": give --shards " + std::to_string(found) +
                   ", or begin a cluster in another database with --shards " + std::to_string(shards) +
                   ", send new tasks there, and let this one run empty (deploy/CLUSTER.md, Another number of shards)"};
}

}  // namespace

bool has_schema(ServerSession& server) {
  return !server.run("SELECT to_regclass('forkmill.cluster')::text").is_null(0, 0);
}

void replace_key_book(ServerSession& server, const std::string& text) {
  server.run("UPDATE forkmill.key_book SET version = version + 1, content = $1::text", Parameters{}.bytes(text));
}

void rename_cluster(ServerSession& server, const std::string& name) {
  server.run("UPDATE forkmill.cluster SET name = $1::text", Parameters{}.bytes(name));
}

void bring_up_schema(ServerSession& server, const std::string& cluster, std::uint64_t shards,
                     const StoreOrigin& origin) {
  server.run("BEGIN");
  // The server does not notice that the broker has given up a session that waits for a lock, or was cut off with one.
  server.run("SET LOCAL lock_timeout = '5s'");
  server.run("SET LOCAL idle_in_transaction_session_timeout = '3s'");
  server.run("SELECT pg_advisory_xact_lock($1::bigint)", Parameters{}.number(kLock));
  if (!has_schema(server)) {
    create_schema(server, cluster, shards, origin);
  } else {
    const Rows row = server.run("SELECT version::bigint, name FROM forkmill.cluster");
    if (row.size() != 1) throw StoreError{"table forkmill.cluster is empty: restore a backup of the database"};
    check_cluster(cluster, row.text(0, 1), row.number(0, 0));
    const std::uint64_t version = row.number(0, 0);
    migrate(server, version);
    if (version < kVersions.size()) {
      server.run("UPDATE forkmill.cluster SET version = $1::bigint", Parameters{}.number(kVersions.size()));
    }
    check_shards(server, shards);
  }
  server.run("COMMIT");
}

}  // namespace forkmill::broker
