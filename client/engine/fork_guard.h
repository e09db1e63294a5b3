// Forks of this process. ZeroMQ's and the client's threads do not exist in a child: a client that was made before the
// fork must not be used there, and no new one may be made.
#pragma once

namespace forkmill::client {

// How often this process, or a forebear since its first call of this function, came out of a fork.
unsigned fork_count() noexcept;

// ForkGuard: remembers which process an engine belongs to.
class ForkGuard {
 public:
  // Throws Error if this process was forked from one that had an engine already.
  ForkGuard();

  // Whether this process is a child of the one that made the guard.
  bool in_child() const noexcept { return forks_ != fork_count(); }
  // Throws Disconnected{client_closed} in such a child.
  void check() const;

 private:
  const unsigned forks_;
};

}  // namespace forkmill::client
