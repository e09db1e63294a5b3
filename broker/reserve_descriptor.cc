#include "broker/reserve_descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<int> kept{-1};

int accept_by_system(int listener, sockaddr* address, socklen_t* size, int flags) {
  return static_cast<int>(::syscall(SYS_accept4, listener, address, size, flags));
}

}  // namespace

void forkmill::broker::keep_reserve_descriptor() { kept = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

extern "C" int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  const int taken = accept_by_system(listener, address, size, flags);
  if (taken >= 0 || (errno != EMFILE && errno != ENFILE)) return taken;
  if (const int last = kept.exchange(-1); last >= 0) {
    ::close(last);
    if (const int turned_away = accept_by_system(listener, nullptr, nullptr, flags); turned_away >= 0)
      ::close(turned_away);
  }
  forkmill::broker::keep_reserve_descriptor();
  errno = ECONNABORTED;  // callers treat it as a peer that has closed the connection
  return -1;
}
