#include "client/engine/fork_guard.h"

#include <forkmill/errors.h>
#include <pthread.h>

#include <atomic>

namespace forkmill::client {

namespace {

std::atomic<unsigned> forks{0};

bool watch_forks() {
  ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
  return true;
}

// The count when the process made its first engine.
unsigned forks_before_first_engine() {
  static const unsigned at_first = fork_count();
  if (at_first != fork_count()) {
    throw Error{Errc::bad_request,
                "this process was forked from one that had a forkmill client already; make the first client after the "
                "fork, or let the child exec a program"};
  }
  return at_first;
}

}  // namespace

unsigned fork_count() noexcept {
  [[maybe_unused]] static const bool watching = watch_forks();
  return forks;
}

ForkGuard::ForkGuard() : forks_{forks_before_first_engine()} {}

void ForkGuard::check() const {
  if (!in_child()) return;
  throw Disconnected{Errc::client_closed, "this client was made before a fork, and belongs to the parent process",
                     "Fork first, then make clients, or let the child exec a program"};
}

}  // namespace forkmill::client
