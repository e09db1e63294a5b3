// Migration: copies the tasks and records of a data directory into a PostgreSQL database.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "broker/store/postgres/ownership.h"
#include "proto/result.h"

namespace forkmill::broker {

struct MigrationReport {
  std::uint64_t tasks = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t records = 0;
};
// Returns the key book of the broker of a directory, which nothing changes meanwhile; empty: it has none. Throws
// StoreError.
using ReadKeyBook = std::function<std::string()>;
// Copies everything into the database of `target`, which must not have the schema of forkmill yet. The store stays the
// same one: clients and workers go on with it, and the directory must not be used again. Nothing in it is removed. A
// copy that was broken off, as it is when the broker is stopped, is refused by brokers, until its schema is dropped.
proto::Result<MigrationReport> migrate_to(const std::string& directory, PostgresOptions target,
                                          const ReadKeyBook& read_key_book = {});

}  // namespace forkmill::broker
