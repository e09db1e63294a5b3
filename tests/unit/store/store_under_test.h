// StoreUnderTest: a store of one kind, as the rules of store_conformance_test.cc use it.
#pragma once

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "broker/store/store.h"

namespace forkmill::broker::test {

// One store over several openings.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  // Opens the store as a new process would find it.
  Store::Identity open() {
    store_ = &reopen();
    auto identity = store_->open();
    REQUIRE(identity.ok());
    last_ = identity->last;
    return std::move(identity).value();
  }
  Store& store() { return *store_; }

  void apply(const std::vector<StoreOp>& ops) { REQUIRE(store_->apply(ops).ok()); }
  void commit(proto::CommitSeq number) {
    REQUIRE(store_->commit(number).ok());
    last_ = number;
  }
  // Applies `ops` and commits them under the next number.
  void commit(const std::vector<StoreOp>& ops) {
    apply(ops);
    commit(last_.next());
  }

 protected:
  virtual Store& reopen() = 0;

 private:
  Store* store_ = nullptr;
  proto::CommitSeq last_;
};

}  // namespace forkmill::broker::test
