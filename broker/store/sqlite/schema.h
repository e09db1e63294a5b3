// The tables of forkmill.db and their migrations. Each step leads from one version of the schema to the next; the first
// creates the tables. Functions throw StoreError.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "broker/store/sqlite/sqlite.h"

namespace forkmill::broker {

using SchemaSteps = std::span<const char* const>;
SchemaSteps schema_steps();

// "fmil": marks a database as forkmill's.
inline constexpr std::int64_t kApplicationId = 0x666D696C;

// Returns true if the database has tables of this or an older version of the schema, false if it is empty. Throws
// otherwise.
bool has_schema(Database& database, SchemaSteps steps = schema_steps());

// Configures the connection for a store: one writer, a write-ahead journal, every commit synced to disk.
void configure(Database& database);

// Brings the database to the last version in one transaction, if it is older, and verifies every table.
void migrate(Database& database, SchemaSteps steps = schema_steps());

// Opens the file at `path`, makes its journal safe (make_journal_safe) before it is read, and calls the three above.
std::unique_ptr<Database> open_database(const std::string& path, Database::Open how,
                                        FileSystem& files = system_files());

}  // namespace forkmill::broker
