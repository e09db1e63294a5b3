// default_client(): the client that a program shares. Pools, processes, locks, queues and shared values use it when
// they are not given another one.
//
//     forkmill::default_client().submit(kGreet, "world");
#pragma once

#include <functional>
#include <string>

namespace forkmill {

class Client;

// Returns the shared client, made by the first call: at FORKMILL_BROKER, or, if that is not set, at a broker of this
// program's own (local://, local.h). The first call blocks until a local:// broker has started, and never for another
// broker; later calls do not block. Thread-safe.
//
// Throws Error{bad_request} if FORKMILL_BROKER is not set and there is no local://: link forkmill::local and call
// forkmill::local_main(argc, argv) on the first line of main, or set FORKMILL_BROKER. The next call tries again.
//
// Lifetime: until the program exits; the reference stays valid. fork(): in a child that was forked before the first
// call, the child has a shared client of its own; in one that was forked after it, this throws Error{bad_request}.
Client& default_client();

namespace detail {

// Sets the function that starts a broker for this program alone and returns its endpoint: the meaning of local://.
// Called by local_main(). Thread-safe.
void set_local_starter(std::function<std::string()> starter);
// Calls that function.
// Throws Error{bad_request} if there is none, and what it throws.
std::string local_endpoint();
// The broker of local:// has ended for good: everything that clients of it wait for ends with Disconnected, and so does
// all that they are asked later. Thread-safe.
void fail_local_clients(const std::string& why);
// Blocks until the broker of local:// has the tasks of the clients that are still open, a few seconds at most.
// Thread-safe.
void deliver_local_tasks();

}  // namespace detail
}  // namespace forkmill
