// The tables of forkmill.db, and how a database gets them: by steps from each version of the schema to the next, of
// which the first makes everything. Functions throw StoreError.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "broker/store/sqlite/sqlite.h"

namespace forkmill::broker {

using SchemaSteps = std::span<const char* const>;
SchemaSteps schema_steps();

// "fmil": tells the databases of forkmill from others.
inline constexpr std::int64_t kApplicationId = 0x666D696C;

// True: it has tables of ours, of this version or an older one. False: it is empty. Refuses everything else.
bool has_schema(Database& database, SchemaSteps steps = schema_steps());

// Sets up the connection for a store: one writer, a journal, every commit on disk.
void configure(Database& database);

// Brings it to the last version, in one transaction; nothing to do is fine. Then every table is as it should be.
void migrate(Database& database, SchemaSteps steps = schema_steps());

// All of this, for the file at `path`, of which the journal is made safe before it is relied on.
std::unique_ptr<Database> open_database(const std::string& path, Database::Open how,
                                        FileSystem& files = system_files());

}  // namespace forkmill::broker
