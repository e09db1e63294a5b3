// restore() of maintenance.h.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "broker/store/data_dir.h"
#include "broker/store/head.h"
#include "broker/store/maintenance.h"
#include "broker/store/schema.h"
#include "broker/store/sqlite_backup.h"
#include "broker/store/verify.h"

namespace forkmill::broker {

namespace {

// An open file.
class File {
 public:
  // Takes the descriptor over: what open() said.
  File(std::string path, int descriptor) : path_{std::move(path)}, number_{descriptor} {
    if (number_ < 0) throw_system_error(path_ + " cannot be opened", errno);
  }
  ~File() { ::close(number_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::size_t read(std::vector<char>& buffer) const {
    const ssize_t size = ::read(number_, buffer.data(), buffer.size());
    if (size < 0) throw_system_error(path_ + " cannot be read", errno);
    return static_cast<std::size_t>(size);
  }
  void write(const char* bytes, std::size_t size) const {
    while (size > 0) {
      const ssize_t written = ::write(number_, bytes, size);
      if (written < 0) throw_system_error(path_ + " cannot be written", errno);
      bytes += written;
      size -= static_cast<std::size_t>(written);
    }
  }

 private:
  std::string path_;
  int number_;
};

void copy_file(const std::string& from, const std::string& to) {
  const File source{from, ::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
  const File target{to, open_or_make(to, O_WRONLY | O_TRUNC)};
  std::vector<char> buffer(1024 * 1024);
  while (const std::size_t size = source.read(buffer)) target.write(buffer.data(), size);
}

void check_source(const std::string& file) {
  const auto size = file_size(file);
  if (!size) throw StoreError{"there is no file " + file};
  if (file_size(file + "-wal").value_or(0) > 0)
    throw StoreError{file +
                     " has a journal beside it, so it is not complete: it is no backup but a store in use; copy " +
                     "its whole directory instead"};
}

void check_target(const DataDir& directory) {
  if (file_size(directory.database()))
    throw StoreError{"data directory " + directory.path() +
                     " has a database already: name another one, or move it away"};
  if (file_size(directory.journal()).value_or(0) > 0)
    throw StoreError{"data directory " + directory.path() + " has the journal of another database: name another one"};
}

// The copy at `path`, verified and made a store of its own.
Meta adopt(const std::string& path, const std::string& file, const std::string& new_id) {
  Database database{path, Database::Open::existing};
  if (!has_schema(database)) throw StoreError{file + " is empty"};
  database.run("PRAGMA journal_mode = DELETE");
  migrate(database);
  MetaTable table{database};
  Meta meta = table.read();
  if (const auto findings = verify_database(database, meta, file); !findings.empty())
    throw StoreError{file + " is damaged, nothing was restored: " + findings.front() +
                     (findings.size() > 1 ? " (and " + std::to_string(findings.size() - 1) + " more)" : "")};
  const proto::Epoch before = meta.epoch;
  meta.store = new_id;
  meta.epoch = far_beyond(meta.epoch);
  ++meta.writes;
  database.run("BEGIN IMMEDIATE");
  table.update(meta, before);
  database.run("COMMIT");
  return meta;
}

}  // namespace

proto::Result<RestoreReport> restore(const std::string& file, const std::string& directory, const std::string& new_id) {
  try {
    check_source(file);
    const DataDir target{directory, DataDir::Missing::create};
    check_target(target);
    const std::string partial = target.database() + ".partial";
    try {
      copy_file(file, partial);
      const Meta meta = adopt(partial, file, new_id);
      Head::create(target.head(), Head::Record::of(meta));
      publish_file(partial, target.database());
      return RestoreReport{meta.commit, meta.totals.task.rows, meta.totals.outcome.rows, meta.records.rows};
    } catch (const StoreError&) {
      ::unlink(partial.c_str());
      throw;
    }
  } catch (const StoreError& error) {
    return error.failure();
  }
}

}  // namespace forkmill::broker
