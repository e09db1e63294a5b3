#include "proto/os/output/rotating_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace forkmill::proto {

namespace {

constexpr Instant kLookAtPath = std::chrono::seconds{1};
constexpr Instant kMoveAgain = std::chrono::seconds{10};

Status failed(const std::string& what) {
  return {Errc::option_out_of_range, "cannot " + what + ": " + std::strerror(errno)};
}

bool is_same_file(const struct stat& a, const struct stat& b) { return a.st_ino == b.st_ino && a.st_dev == b.st_dev; }

// FileLock: keeps other processes from moving the file while it lives. Does not wait for one that does.
class FileLock {
 public:
  explicit FileLock(int fd) : fd_{::fcntl(fd, F_DUPFD_CLOEXEC, 0)} {
    if (fd_ && ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) fd_.reset();
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  // A fork may have the file open as well, so that closing it does not unlock it.
  ~FileLock() {
    if (fd_) ::flock(fd_.get(), LOCK_UN);
  }

  bool is_held() const { return fd_.valid(); }

 private:
  Descriptor fd_;
};

}  // namespace

Status RotatingFile::open() {
  file_ =
      Descriptor{::open(options_.path.c_str(),
                        O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, options_.mode)};
  opened_by_ = ::getpid();
  struct stat found {};
  if (!file_ || ::fstat(file_.get(), &found) != 0) {
    auto status = failed("open " + options_.path);
    file_.reset();
    return status;
  }
  if (!S_ISREG(found.st_mode)) {
    file_.reset();
    return {Errc::option_out_of_range, options_.path + " is not a regular file"};
  }
  failed_at_ = kNever;
  char last = '\n';
  is_torn_ = found.st_size > 0 && ::pread(file_.get(), &last, 1, found.st_size - 1) == 1 && last != '\n';
  return {};
}

Status RotatingFile::write(std::string_view text, Instant now) {
  auto status = follow_path(now);
  if (status.ok()) status = make_room(text.size(), now);
  if (status.ok() && is_torn_) status = append("\n");
  return status.ok() ? append(text) : status;
}

Status RotatingFile::follow_path(Instant now) {
  // In a fork, the number may be that of another file by now.
  if (opened_by_ != ::getpid()) static_cast<void>(file_.release());
  if (file_ && looked_at_ != kNever && now - looked_at_ < kLookAtPath) return {};
  looked_at_ = now;
  return file_ && has_its_name() ? Status{} : open();
}

bool RotatingFile::has_its_name() const {
  struct stat named {};
  struct stat opened {};
  return ::lstat(options_.path.c_str(), &named) == 0 && ::fstat(file_.get(), &opened) == 0 &&
         is_same_file(named, opened);
}

Status RotatingFile::make_room(std::size_t bytes, Instant now) {
  if (failed_at_ != kNever && now - failed_at_ < kMoveAgain) return {};
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0) return failed("look at " + options_.path);
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size == 0 || size + bytes <= options_.max_bytes) return {};
  if (!has_its_name()) return open();  // another process has moved it
  const FileLock lock{file_.get()};
  if (!lock.is_held()) return {};  // another process moves it now: the text is the last one in the old file
  return has_its_name() ? rotate(now) : open();
}

// Without a move, the text goes to the end of the same file.
Status RotatingFile::rotate(Instant now) {
  if (const Status moved = move_away(); !moved.ok()) {
    if (failed_at_ == kNever)
      warning_ = moved.failure().text + "; " + options_.path + " grows beyond its size until its folder is writable";
    failed_at_ = now;
    return {};
  }
  return open();
}

Status RotatingFile::move_away() const {
  const auto name = [this](std::uint64_t number) {
    return number == 0 ? options_.path : options_.path + "." + std::to_string(number);
  };
  for (std::uint64_t to = options_.files - 1; to > 0; --to) {
    if (std::rename(name(to - 1).c_str(), name(to).c_str()) != 0 && errno != ENOENT)
      return failed("rename " + name(to - 1));
  }
  if (options_.files == 1 && ::unlink(options_.path.c_str()) != 0 && errno != ENOENT)
    return failed("remove " + options_.path);
  return {};
}

Status RotatingFile::append(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write " + options_.path);
    is_torn_ = text[static_cast<std::size_t>(written) - 1] != '\n';
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace forkmill::proto
