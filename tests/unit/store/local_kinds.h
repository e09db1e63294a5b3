// The stores of this machine for store_conformance_test.cc.
#pragma once

#include <memory>
#include <string>

#include "broker/store/memory_store.h"
#include "tests/unit/store/rig.h"
#include "tests/unit/store/store_under_test.h"

namespace forkmill::broker::test {

class InMemory final : public StoreUnderTest {
 protected:
  Store& reopen() override { return memory_; }

 private:
  MemoryStore memory_{"memory-1"};
};

// Makes a store of a kind in a data directory.
inline std::unique_ptr<Store> database(const std::string& directory) { return make_database_store(directory); }
inline std::unique_ptr<Store> one_segment(const std::string& directory) { return make_store(directory); }
inline std::unique_ptr<Store> a_segment_each_commit(const std::string& directory) { return make_store(directory, 1); }

// Closes the store before it opens it again.
template <auto kMake>
class Closed final : public StoreUnderTest {
 protected:
  Store& reopen() override {
    store_.reset();
    store_ = kMake(folder_.path("data"));
    return *store_;
  }

 private:
  Folder folder_;
  std::unique_ptr<Store> store_;
};

// Opens a copy of the files of the store while that one is still open: they are what a killed process leaves.
template <auto kMake>
class Killed final : public StoreUnderTest {
 protected:
  Store& reopen() override {
    const std::string before = directory_;
    directory_ = folder_.path("data-" + std::to_string(++openings_));
    if (store_) copy_directory(before, directory_);
    store_ = kMake(directory_);
    return *store_;
  }

 private:
  Folder folder_;
  std::string directory_;
  int openings_ = 0;
  std::unique_ptr<Store> store_;
};

using DatabaseClosed = Closed<database>;
using DatabaseKilled = Killed<database>;
using JournalClosed = Closed<one_segment>;
using JournalOfOneSegment = Killed<one_segment>;
using JournalOfManySegments = Killed<a_segment_each_commit>;

}  // namespace forkmill::broker::test

TYPE_TO_STRING_AS("memory store", forkmill::broker::test::InMemory);
TYPE_TO_STRING_AS("database alone, closed before each opening", forkmill::broker::test::DatabaseClosed);
TYPE_TO_STRING_AS("database alone, killed before each opening", forkmill::broker::test::DatabaseKilled);

TYPE_TO_STRING_AS("journal store, closed before each opening", forkmill::broker::test::JournalClosed);
TYPE_TO_STRING_AS("journal store, killed before each opening", forkmill::broker::test::JournalOfOneSegment);
TYPE_TO_STRING_AS("journal store with short segments, killed before each opening",
                  forkmill::broker::test::JournalOfManySegments);
#define STORE_KINDS                                                                                                 \
  forkmill::broker::test::InMemory, forkmill::broker::test::DatabaseClosed, forkmill::broker::test::DatabaseKilled, \
      forkmill::broker::test::JournalClosed, forkmill::broker::test::JournalOfOneSegment,                           \
      forkmill::broker::test::JournalOfManySegments
