// Forks of this process. ZeroMQ's and the client's threads do not exist in a child: a client made before must not be
// used there, nor a new one made.
#pragma once

namespace forkmill::client {

// How often this process, and its forebears since the first call, came out of a fork.
unsigned fork_count() noexcept;

// The count when the process made its first client. Throws Error if that was before a fork.
unsigned forks_before_first_client();

}  // namespace forkmill::client
