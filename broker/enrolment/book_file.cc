#include "broker/enrolment/book_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "proto/os/descriptor.h"
#include "proto/transport/keys/key_files.h"

namespace forkmill::broker {

namespace {

// Fails because a file in the folder of the book cannot be made or renamed.
[[noreturn]] void fail(const std::string& why) {
  throw std::runtime_error{
      why +
      "; see to it that the broker can make files in that folder, or give --enrolled-keys a file in "
      "another one"};
}
[[noreturn]] void fail_to_write(const std::string& path) { fail("cannot write " + path + ": " + std::strerror(errno)); }

// FolderLock: keeps other brokers from changing files in a folder at the same time.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder) : folder_{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
    int done = folder_ ? 0 : -1;
    do {
      if (folder_) done = ::flock(folder_.get(), LOCK_EX);
    } while (folder_ && done != 0 && errno == EINTR);
    if (done != 0) fail("cannot lock the folder " + folder + ": " + std::strerror(errno));
  }
  // Makes the names in the folder safe.
  void sync() const {
    if (::fsync(folder_.get()) != 0)
      throw std::runtime_error{std::string{"cannot sync a folder: "} + std::strerror(errno)};
  }

 private:
  proto::Descriptor folder_;  // closing it gives the lock back
};

}  // namespace

std::string BookFile::text() const {
  struct stat found {};
  if (::lstat(path_.c_str(), &found) != 0 && errno == ENOENT) return {};
  auto text = proto::read_trusted_file(path_, false);
  if (!text.ok()) throw std::runtime_error{text.failure().text};
  return std::move(text).value();
}

void BookFile::change(const Edit& edit) {
  const FolderLock lock{std::filesystem::absolute(path_).parent_path()};
  const auto edited = edit(text());
  if (!edited) return;
  const std::string fresh = path_ + ".new";
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) fail_to_write(fresh);
  if (const auto status = proto::create_key_file(fresh, 0600, *edited); !status.ok()) fail(status.failure().text);
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) fail_to_write(path_);
  lock.sync();
}

}  // namespace forkmill::broker
