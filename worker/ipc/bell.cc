#include "worker/ipc/bell.h"

#include <sys/stat.h>

#include <array>

namespace forkmill::worker {

Bell::Bell() : ends_{make_pipe()} {
  ::fcntl(ends_.reader.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(ends_.writer.get(), F_SETFL, O_NONBLOCK);
}

void Bell::clear(int reader) {
  std::array<char, 4096> rung;
  while (::read(reader, rung.data(), rung.size()) == static_cast<ssize_t>(rung.size())) {
  }
}

BellRope::BellRope(int writer) : writer_{writer} {
  struct stat now {};
  if (::fstat(writer, &now) != 0) throw std::system_error{errno, std::generic_category(), "fstat of the bell"};
  device_ = now.st_dev;
  inode_ = now.st_ino;
}

bool BellRope::intact() const {
  struct stat now {};
  return ::fstat(writer_, &now) == 0 && now.st_dev == device_ && now.st_ino == inode_;
}

bool BellRope::ring() const {
  if (!intact()) return false;
  [[maybe_unused]] const auto full = ::write(writer_, "", 1);  // full: the bell was rung already
  return true;
}

}  // namespace forkmill::worker
