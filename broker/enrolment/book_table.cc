#include "broker/enrolment/book_table.h"

#include <utility>

#include "broker/store/postgres/schema.h"

namespace forkmill::broker {

namespace {

constexpr std::chrono::milliseconds kAnswer{5000};  // longest wait for the server

}  // namespace

BookTable::BookTable(PostgresOptions store) : store_{std::move(store)}, patience_{kAnswer} {}

ServerSession& BookTable::server() {
  if (server_ == nullptr) {
    auto made = open_session(store_.surroundings.connect, store_.address, patience_, {store_.safety});
    bring_up_schema(*made, store_.cluster, store_.shards, store_.origin);
    server_ = std::move(made);
  }
  return *server_;
}

std::optional<std::string> BookTable::read() {
  try {
    // The text is sent only if it is another one.
    const Rows rows = server().run(
        "SELECT version, CASE WHEN $1::bigint = 1 AND version = $2::bigint THEN NULL ELSE content END"
        " FROM forkmill.key_book",
        Parameters{}.number(version_ ? 1 : 0).number(version_.value_or(0)));
    if (rows.size() != 1) throw StoreError{"table forkmill.key_book has no row: restore a backup of the database"};
    version_ = rows.number(0, 0);
    if (rows.is_null(0, 1)) return std::nullopt;
    return rows.text(0, 1);
  } catch (const std::runtime_error&) {
    server_.reset();
    throw;
  }
}

void BookTable::change(const Edit& edit) {
  try {
    ServerSession& one = server();
    one.run("BEGIN");
    const Rows before = one.run("SELECT version, content FROM forkmill.key_book FOR UPDATE");
    if (before.size() != 1) throw StoreError{"table forkmill.key_book has no row: restore a backup of the database"};
    const auto edited = edit(before.text(0, 1));
    if (!edited) {
      one.run("ROLLBACK");
      return;
    }
    one.run("UPDATE forkmill.key_book SET version = version + 1, content = $1::text", Parameters{}.bytes(*edited));
    const Rows done = one.run("COMMIT");
    if (done.tag() != "COMMIT") throw Interrupted{"the server has rolled a commit back"};
    // A server that was told to stop waiting for its standby says COMMIT, with a warning.
    if (const auto warning = one.take_warning(); !warning.empty()) throw Interrupted{warning};
    version_ = before.number(0, 0) + 1;
  } catch (...) {
    server_.reset();  // ends the transaction
    throw;
  }
}

}  // namespace forkmill::broker
