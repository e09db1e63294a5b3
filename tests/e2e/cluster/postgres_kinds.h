// The PostgreSQL stores for store_conformance_test.cc.
#pragma once

#include "tests/e2e/cluster/postgres_proxy.h"
#include "tests/e2e/cluster/postgres_rig.h"
#include "tests/unit/store/store_under_test.h"

namespace forkmill::broker::test {

// Closes the store before it opens it again.
class PostgresClosed final : public StoreUnderTest {
 public:
  PostgresClosed() { forkmill::test::clear(forkmill::test::shared_server()); }

 protected:
  Store& reopen() override {
    store_.reset();
    store_ = forkmill::test::make_store(forkmill::test::shared_server().url());
    return *store_;
  }

 private:
  std::unique_ptr<PostgresStore> store_;
};

// Opens the store again while the one before is still there, as if its broker were out of reach.
class PostgresDeposed final : public StoreUnderTest {
 public:
  PostgresDeposed() { forkmill::test::clear(forkmill::test::shared_server()); }

 protected:
  Store& reopen() override {
    return *stores_.emplace_back(forkmill::test::make_store(forkmill::test::shared_server().url()));
  }

 private:
  std::vector<std::unique_ptr<PostgresStore>> stores_;
};

// Loses the connection at each commit: once before the server has it, once before the client has the answer.
class PostgresInterrupted final : public StoreUnderTest {
 public:
  PostgresInterrupted() {
    forkmill::test::clear(forkmill::test::shared_server());
    proxy_.cut(forkmill::test::PostgresProxy::Cut::by_turns);
  }

 protected:
  Store& reopen() override {
    store_.reset();
    store_ = forkmill::test::make_store(proxy_.url());
    return *store_;
  }

 private:
  forkmill::test::PostgresProxy proxy_{forkmill::test::shared_server().folder()};
  std::unique_ptr<PostgresStore> store_;
};

}  // namespace forkmill::broker::test

TYPE_TO_STRING_AS("PostgreSQL, closed before each opening", forkmill::broker::test::PostgresClosed);
TYPE_TO_STRING_AS("PostgreSQL, with the owner of before still there", forkmill::broker::test::PostgresDeposed);
TYPE_TO_STRING_AS("PostgreSQL, with a connection that is lost at each commit",
                  forkmill::broker::test::PostgresInterrupted);
#define STORE_KINDS                                                                \
  forkmill::broker::test::PostgresClosed, forkmill::broker::test::PostgresDeposed, \
      forkmill::broker::test::PostgresInterrupted
