#include "broker/store/sqlite/data_dir.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

constexpr std::string_view kSqliteBeginning{"SQLite format 3\0", 16};

std::string read_beginning(FileSystem& files, const std::string& path) {
  const auto file = files.open(path, FileSystem::Open::read);
  std::array<char, kSqliteBeginning.size()> bytes{};
  const auto size = file ? file->read(0, bytes) : std::nullopt;
  if (!size) throw_system_error(path + " cannot be read", errno);
  return {bytes.data(), *size};
}

std::string holder_of(OpenFile& lock) {
  std::array<char, 32> text{};
  std::string pid{text.data(), lock.read(0, text).value_or(0)};
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

DataDir::DataDir(std::string path, Missing what, FileSystem& files) : files_{files}, path_{std::move(path)} {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  if (path_.empty()) throw StoreError{"the data directory has no name"};
  if (const auto found = files_.look(path_)) {
    if (found->kind != FileSystem::Entry::Kind::directory)
      throw StoreError{"data directory " + path_ + " is a file, not a directory"};
    refuse_others(*found);
  } else if (errno == ENOENT && what == Missing::create) {
    make();
  } else {
    throw_system_error("data directory " + path_, errno);
  }
  lock();
}

// Who can write the directory can give a broker tasks to run; and a link in it leads a broker, perhaps one of root, to
// files that are not its own.
void DataDir::refuse_others(const FileSystem::Entry& directory) const {
  if (directory.open_to_others)
    throw StoreError{"data directory " + path_ +
                     " can be written by every user of this machine: take that right away (" +
                     "chmod o-w), and see that the files in it are the broker's"};
  for (const std::string& path :
       {path_ + "/lock", head(), head() + ".new", database(), database() + ".new", journal(), segment(0), segment(1)}) {
    const auto found = files_.look(path);
    if (found && found->is_link)
      throw StoreError{path +
                       " is a symbolic link: the files of a data directory are in it; move the file here, or start " +
                       "the broker with the directory that has it"};
  }
}

void DataDir::make() const {
  if (!files_.make_directory(path_)) {
    if (errno == ENOENT)
      throw StoreError{"data directory " + path_ + " cannot be created: there is no directory " + parent_of(path_)};
    throw_system_error("data directory " + path_ + " cannot be created", errno);
  }
}

void DataDir::lock() {
  const std::string path = path_ + "/lock";
  auto file = files_.open(path, FileSystem::Open::make);
  if (!file) throw_system_error("data directory " + path_ + " cannot be written", errno);
  if (!file->lock()) {
    if (errno != EWOULDBLOCK) throw_system_error(path + " cannot be locked", errno);
    throw StoreError{"data directory " + path_ + " is in use by another broker (pid " + holder_of(*file) + ")"};
  }
  // The process id is for operators. Later writes report a full disk.
  if (file->truncate(0)) file->write(0, std::to_string(::getpid()) + "\n");
  lock_ = std::move(file);
}

bool DataDir::has_database() const {
  const auto size = file_size(files_, database());
  if (size.value_or(0) > 0) {
    // SQLite takes some unknown file headers for an empty database.
    if (read_beginning(files_, database()) == kSqliteBeginning) return true;
    throw StoreError{database() + " is not a database, or its beginning is damaged: restore a backup"};
  }
  // SQLite would delete the journal beside an empty database, and with it the commits in the journal.
  if (file_size(files_, head()) || file_size(files_, journal()).value_or(0) > 0)
    throw StoreError{database() + (size ? " is empty" : " is missing") + ", though " + path_ +
                     " has been in use: put it back, or restore a backup into another directory"};
  return false;
}

void DataDir::make_names_safe() const {
  sync_path(files_, path_);
  sync_path(files_, parent_of(path_));
}

}  // namespace forkmill::broker
