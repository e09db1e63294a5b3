// BookTable: a BookStore in the PostgreSQL database that the brokers of a cluster share. It connects when it is used,
// and again after the connection was lost.
#pragma once

#include <memory>

#include "broker/enrolment/book_store.h"
#include "broker/store/postgres/ownership.h"
#include "broker/store/postgres/server_session.h"

namespace forkmill::broker {

class BookTable final : public BookStore {
 public:
  // `store`: how to reach the database.
  explicit BookTable(PostgresOptions store);

  void read(const Take& take) override;
  void change(const Edit& edit) override;
  std::string name() const override { return store_.address.shown(); }

 private:
  ServerSession& server();

  const PostgresOptions store_;
  const Patience patience_;
  std::unique_ptr<ServerSession> server_;  // null: there is no connection
  std::optional<std::uint64_t> version_;   // the version of the text that was taken or written last
};

}  // namespace forkmill::broker
