// Shared by the tests of stores in PostgreSQL.
#pragma once

#include <memory>
#include <string>

#include "broker/store/postgres/postgres_store.h"
#include "tests/e2e/cluster/postgres_server.h"

namespace forkmill::test {

// Drops what an earlier test has left in the database of a server.
inline void clear(const PostgresServer& server) {
  server.sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS forkmill CASCADE");
}

inline broker::PostgresOptions store_options(const std::string& url) {
  static int made = 0;
  broker::PostgresOptions options;
  options.address = broker::ServerAddress::parse(url).value();
  options.safety = broker::CommitSafety::local;
  options.origin.id = "store-1";
  options.owner = "test " + std::to_string(++made);
  options.endpoints = "tcp://test:" + std::to_string(made);
  options.waits = false;
  return options;
}

// A store that takes over at once.
inline std::unique_ptr<broker::PostgresStore> make_store(const std::string& url) {
  return std::make_unique<broker::PostgresStore>(store_options(url));
}

}  // namespace forkmill::test
