#include "broker/store/sqlite/schema.h"

#include <array>

namespace forkmill::broker {

namespace {

// Steps are appended and never changed, since existing databases were made by them. Numbers rise with each task, so
// rows are added at the end of a table and removed at its beginning, and rows that are close in time are close on disk.
constexpr std::array kSteps{
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), store_id TEXT NOT NULL, writes INTEGER NOT NULL, "
    "epoch INTEGER NOT NULL, commit_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, task_rows INTEGER NOT NULL, "
    "task_marks INTEGER NOT NULL, outcome_rows INTEGER NOT NULL, outcome_marks INTEGER NOT NULL, "
    "progression_rows INTEGER NOT NULL, progression_marks INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT;"
    "CREATE TABLE task (seq INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;"
    "CREATE TABLE outcome (seq INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;"
    "CREATE TABLE progression (seq INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;"
    "CREATE TABLE quarantine (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, seq INTEGER NOT NULL, "
    "reason TEXT NOT NULL, row BLOB NOT NULL) STRICT;"
    "CREATE TABLE loss (id INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, store_id TEXT NOT NULL, "
    "after_commit INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;",
    // 2: records
    "CREATE TABLE record (seq INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT;"
    "ALTER TABLE meta ADD COLUMN record_rows INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meta ADD COLUMN record_marks INTEGER NOT NULL DEFAULT 0;",
    // 3: a journal in front of the database, without which an older broker would lose commits
    "ALTER TABLE meta ADD COLUMN journal_segment INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meta ADD COLUMN journal_key INTEGER NOT NULL DEFAULT 0;",
    // 4: the key book of the broker, in backups
    "CREATE TABLE key_book (id INTEGER PRIMARY KEY CHECK (id = 1), content TEXT NOT NULL, checksum INTEGER NOT NULL) "
    "STRICT;"};

std::int64_t version_of(Database& database) { return database.number("PRAGMA user_version"); }

void apply(Database& database, SchemaSteps steps, std::int64_t from) {
  database.run("BEGIN IMMEDIATE");
  for (const char* step : steps.subspan(static_cast<std::size_t>(from))) database.run(step);
  database.run(("PRAGMA user_version = " + std::to_string(steps.size())).c_str());
  database.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  database.run("COMMIT");
}

std::string tables_of(Database& database) {
  return database.text("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)");
}

}  // namespace

SchemaSteps schema_steps() { return kSteps; }

bool has_schema(Database& database, SchemaSteps steps) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t version = version_of(database);
  if (application != kApplicationId) {
    if (application == 0 && version == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0) return false;
    throw StoreError{database.path() + " is a database of another application, or its beginning is damaged: name " +
                     "another data directory, or restore a backup"};
  }
  const auto known = static_cast<std::int64_t>(steps.size());
  if (version > known)
    throw StoreError{database.path() + " was written by a newer forkmill (schema " + std::to_string(version) +
                     "; this one knows " + std::to_string(known) + "): upgrade forkmill or restore a backup"};
  if (version <= 0)
    throw StoreError{database.path() + " is damaged (schema " + std::to_string(version) + "): restore a backup"};
  return true;
}

void configure(Database& database) {
  database.run(
      "PRAGMA auto_vacuum = NONE;"
      "PRAGMA cell_size_check = ON;"
      "PRAGMA mmap_size = 0;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA secure_delete = OFF;"
      "PRAGMA cache_size = -8192;");
  const std::string journal = database.text("PRAGMA journal_mode = WAL");
  if (journal != "wal")
    throw StoreError{database.path() + " cannot have a journal (mode " + journal + "): look at its file system"};
  database.run(
      "PRAGMA synchronous = FULL;"
      "PRAGMA journal_size_limit = 67108864;");
}

void migrate(Database& database, SchemaSteps steps) {
  if (const std::int64_t version = version_of(database); version < static_cast<std::int64_t>(steps.size()))
    apply(database, steps, version);
  Database model{":memory:", Database::Open::create};
  apply(model, steps, 0);
  if (tables_of(database) != tables_of(model))
    throw StoreError{database.path() + " is damaged: its tables are not those of forkmill: restore a backup"};
}

std::unique_ptr<Database> open_database(const std::string& path, Database::Open how, FileSystem& files) {
  make_journal_safe(files, path);
  auto database = std::make_unique<Database>(path, how, files);
  has_schema(*database);
  configure(*database);
  migrate(*database);
  return database;
}

}  // namespace forkmill::broker
