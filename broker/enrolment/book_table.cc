#include "broker/enrolment/book_table.h"

#include <utility>

#include "broker/store/postgres/schema.h"
#include "broker/store/postgres/shard.h"

namespace forkmill::broker {

namespace {

constexpr std::chrono::milliseconds kAnswer{5000};  // longest wait for the server

// The longest pause within a change. The server undoes one that its broker does not go on with, which may have been cut
// off: others wait for its lock.
constexpr const char* kLimitPauses = "SET idle_in_transaction_session_timeout = '3s'";

// Commits and waits for the standby, if there must be one. What the server has committed before is then safe as well.
void commit(ServerSession& server, CommitSafety safety) {
  const Rows done = server.run("COMMIT");
  if (done.tag() != "COMMIT") throw Interrupted{"the server has rolled a commit back"};
  // A server that was told to stop waiting for its standby says COMMIT, with a warning.
  if (const auto warning = server.take_warning(); !warning.empty()) throw Interrupted{warning};
  if (safety == CommitSafety::local) return;
  // The server may have been told meanwhile to wait for none.
  ask_standbys(server);
  check_standbys(server.finish().front());
}

}  // namespace

BookTable::BookTable(PostgresOptions store) : store_{std::move(store)}, patience_{kAnswer} {}

ServerSession& BookTable::server() {
  if (server_ == nullptr) {
    auto made = open_session(store_.surroundings.connect, store_.address, patience_, {store_.safety});
    bring_up_schema(*made, store_.cluster, store_.shards, store_.origin);
    made->run(kLimitPauses);
    server_ = std::move(made);
  }
  return *server_;
}

void BookTable::read(const Take& take) {
  std::uint64_t version = 0;
  std::string text;
  try {
    // The text is sent only if it is another one.
    const Rows rows = server().run(
        "SELECT version, CASE WHEN $1::bigint = 1 AND version = $2::bigint THEN NULL ELSE content END"
        " FROM forkmill.key_book",
        Parameters{}.number(version_ ? 1 : 0).number(version_.value_or(0)));
    if (rows.size() != 1) throw StoreError{"table forkmill.key_book has no row: restore a backup of the database"};
    if (rows.is_null(0, 1)) return;
    version = rows.number(0, 0);
    text = rows.text(0, 1);
  } catch (const std::runtime_error&) {
    server_.reset();
    throw;
  }
  take(text);
  version_ = version;
}

void BookTable::change(const Edit& edit) {
  try {
    ServerSession& one = server();
    one.run("BEGIN");
    const Rows before = one.run(
        "SELECT version, content, current_setting('synchronous_standby_names') FROM forkmill.key_book FOR UPDATE");
    if (before.size() != 1) throw StoreError{"table forkmill.key_book has no row: restore a backup of the database"};
    if (store_.safety == CommitSafety::standby && before.text(0, 2).empty())
      throw Interrupted{"synchronous_standby_names is empty: the server would not wait for a standby"};
    const std::string text = before.text(0, 1);
    const auto edited = edit(text);
    if (!edited) {
      one.run("ROLLBACK");
      return;
    }
    // A row that stays the same is written as well: without that, there would be nothing to wait for.
    const std::uint64_t version = before.number(0, 0) + (*edited == text ? 0 : 1);
    one.run("UPDATE forkmill.key_book SET version = $1::bigint, content = $2::text",
            Parameters{}.number(version).bytes(*edited));
    commit(one, store_.safety);
    version_ = version;
  } catch (...) {
    server_.reset();  // ends the transaction
    throw;
  }
}

}  // namespace forkmill::broker
