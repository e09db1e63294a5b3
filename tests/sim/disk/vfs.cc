#include "tests/sim/disk/vfs.h"

#include <cerrno>
#include <cstring>
#include <new>

#include "tests/sim/disk/disk.h"

namespace forkmill::sim {

namespace {

struct File {
  sqlite3_file base;  // first: SQLite has a pointer to it
  Disk* disk;
  DiskFile* file;
  std::string* path;
  bool sync_directory;
  bool delete_on_close;
};

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

int close_file(sqlite3_file* handle) {
  File& file = of(handle);
  delete file.file;
  if (file.delete_on_close) file.disk->remove(*file.path);
  delete file.path;
  return SQLITE_OK;
}

int read_file(sqlite3_file* handle, void* to, int size, sqlite3_int64 at) {
  auto* bytes = static_cast<char*>(to);
  const auto wanted = static_cast<std::size_t>(size);
  const auto got = of(handle).file->read(static_cast<std::uint64_t>(at), {bytes, wanted});
  if (!got) return SQLITE_IOERR_READ;
  if (*got == wanted) return SQLITE_OK;
  std::memset(bytes + *got, 0, wanted - *got);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* handle, const void* from, int size, sqlite3_int64 at) {
  const std::string_view bytes{static_cast<const char*>(from), static_cast<std::size_t>(size)};
  if (of(handle).file->write(static_cast<std::uint64_t>(at), bytes)) return SQLITE_OK;
  return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate_file(sqlite3_file* handle, sqlite3_int64 size) {
  return of(handle).file->truncate(static_cast<std::uint64_t>(size)) ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync_file(sqlite3_file* handle, int) {
  File& file = of(handle);
  if (!file.file->sync()) return SQLITE_IOERR_FSYNC;
  if (file.sync_directory) file.disk->sync(broker::parent_of(*file.path));
  file.sync_directory = false;
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* handle, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(of(handle).file->size());
  return SQLITE_OK;
}

// No locks: the store locks the data directory as a whole.
int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int is_reserved(sqlite3_file*, int* answer) {
  *answer = 0;
  return SQLITE_OK;
}
int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

const sqlite3_io_methods kMethods{
    1,         close_file, read_file,   write_file,   truncate_file, sync_file,       size_of_file,
    lock_file, lock_file,  is_reserved, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,    nullptr,     nullptr,      nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out_flags) {
  handle->pMethods = nullptr;
  Disk& disk = disk_of(vfs);
  const std::string path = name != nullptr ? name : "/temporary";
  const bool make = (flags & SQLITE_OPEN_CREATE) != 0;
  auto opened = disk.open_file(path, make ? Disk::Open::make : Disk::Open::write);
  if (!opened) return SQLITE_CANTOPEN;
  constexpr int kJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  new (handle) File{{&kMethods},
                    &disk,
                    opened.release(),
                    new std::string{path},
                    make && (flags & kJournals) != 0,
                    (flags & SQLITE_OPEN_DELETEONCLOSE) != 0};
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  Disk& disk = disk_of(vfs);
  if (!disk.remove(name)) return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
  if (sync_directory != 0 && !disk.sync(broker::parent_of(name))) return SQLITE_IOERR_DIR_FSYNC;
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int what, int* answer) {
  const auto found = disk_of(vfs).look(name);
  if (!found && errno != ENOENT) return SQLITE_IOERR_ACCESS;
  // An empty file does not exist for SQLITE_ACCESS_EXISTS, as with the real VFS.
  *answer = found && (what != SQLITE_ACCESS_EXISTS || found->size > 0) ? 1 : 0;
  return SQLITE_OK;
}

int full_name(sqlite3_vfs*, const char* name, int size, char* to) {
  const std::size_t with_end = std::strlen(name) + 1;
  if (with_end > static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(to, name, with_end);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int size, char* to) {
  std::memset(to, 7, static_cast<std::size_t>(size));
  return size;
}
int pass_no_time(sqlite3_vfs*, int micros) { return micros; }
int current_time(sqlite3_vfs*, double* days) {
  *days = 2460000.5;
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) { return errno; }

}  // namespace

Vfs::Vfs(Disk& disk) {
  static int count = 0;
  name_ = "forkmill-sim-" + std::to_string(++count);
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(File);
  vfs_.mxPathname = 512;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = &disk;
  vfs_.xOpen = open_file;
  vfs_.xDelete = delete_file;
  vfs_.xAccess = access_file;
  vfs_.xFullPathname = full_name;
  vfs_.xRandomness = randomness;
  vfs_.xSleep = pass_no_time;
  vfs_.xCurrentTime = current_time;
  vfs_.xGetLastError = last_error;
  sqlite3_vfs_register(&vfs_, 0);
}

Vfs::~Vfs() { sqlite3_vfs_unregister(&vfs_); }

}  // namespace forkmill::sim
