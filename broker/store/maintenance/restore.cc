// restore() of maintenance.h.
#include <cerrno>
#include <utility>
#include <vector>

#include "broker/store/maintenance/maintenance.h"
#include "broker/store/sqlite/data_dir.h"
#include "broker/store/sqlite/head.h"
#include "broker/store/sqlite/key_book_table.h"
#include "broker/store/sqlite/schema.h"
#include "broker/store/sqlite/sqlite_backup.h"
#include "broker/store/sqlite/verify.h"

namespace forkmill::broker {

namespace {

void copy_file(FileSystem& files, const std::string& from, const std::string& to) {
  const auto source = files.open(from, FileSystem::Open::read);
  if (!source) throw_system_error(from + " cannot be opened", errno);
  const auto target = files.open(to, FileSystem::Open::make);
  if (!target || !target->truncate(0)) throw_system_error(to + " cannot be opened", errno);
  std::vector<char> buffer(1024 * 1024);
  for (std::uint64_t at = 0;;) {
    const auto size = source->read(at, buffer);
    if (!size) throw_system_error(from + " cannot be read", errno);
    if (*size == 0) return;
    if (!target->write(at, {buffer.data(), *size})) throw_system_error(to + " cannot be written", errno);
    at += *size;
  }
}

void check_source(FileSystem& files, const std::string& file) {
  const auto size = file_size(files, file);
  if (!size) throw StoreError{"there is no file " + file};
  if (file_size(files, file + "-wal").value_or(0) > 0)
    throw StoreError{file +
                     " has a journal beside it, so it is not complete: it is no backup but a store in use; copy " +
                     "its whole directory instead"};
}

void check_target(const DataDir& directory) {
  if (file_size(directory.files(), directory.database()))
    throw StoreError{"data directory " + directory.path() +
                     " has a database already: name another one, or move it away"};
  if (file_size(directory.files(), directory.journal()).value_or(0) > 0)
    throw StoreError{"data directory " + directory.path() + " has the journal of another database: name another one"};
}

struct Adopted {
  Meta meta;
  std::string key_book;
};

// Verifies the copy at `path` and makes it a store of its own.
Adopted adopt(FileSystem& files, const std::string& path, const std::string& file, const std::string& new_id) {
  Database database{path, Database::Open::existing, files};
  if (!has_schema(database)) throw StoreError{file + " is empty"};
  database.run("PRAGMA journal_mode = DELETE");
  migrate(database);
  MetaTable table{database};
  Meta meta = table.read();
  if (const auto findings = verify_database(database, meta, file); !findings.empty())
    throw StoreError{file + " is damaged, nothing was restored: " + findings.front() +
                     (findings.size() > 1 ? " (and " + std::to_string(findings.size() - 1) + " more)" : "")};
  std::string key_book = read_key_book(database);
  const proto::Epoch before = meta.epoch;
  meta.store = new_id;
  meta.epoch = far_beyond(meta.epoch);
  meta.journal_segment = 0;
  meta.journal_key = 0;
  ++meta.writes;
  database.run("BEGIN IMMEDIATE");
  table.update(meta, before);
  write_key_book(database, {});
  database.run("COMMIT");
  return {meta, std::move(key_book)};
}

}  // namespace

proto::Result<RestoreReport> restore(const std::string& file, const std::string& directory, const std::string& new_id,
                                     FileSystem& files, const TakeKeyBook& take_key_book) {
  try {
    check_source(files, file);
    const DataDir target{directory, DataDir::Missing::create, files};
    check_target(target);
    const std::string partial = target.database() + ".partial";
    try {
      remove_database(files, partial);
      copy_file(files, file, partial);
      const auto [meta, key_book] = adopt(files, partial, file, new_id);
      Head::create(files, target.head(), Head::Record::of(meta));
      // A kill behind this leaves the key book without a database, so that the restore can be repeated.
      if (take_key_book && !key_book.empty()) take_key_book(key_book);
      publish_file(files, partial, target.database());
      return RestoreReport{meta.commit, meta.totals.task.rows, meta.totals.outcome.rows, meta.records.rows};
    } catch (const StoreError&) {
      files.remove(partial);
      throw;
    }
  } catch (const StoreError& error) {
    return error.failure();
  }
}

}  // namespace forkmill::broker
