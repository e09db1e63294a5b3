// The client that a program shares: what everything of the toolkit uses when it is not given one.
#pragma once

#include <functional>
#include <string>

namespace forkmill {

class Client;

// Made at the first call and kept until the program ends: at FORKMILL_BROKER, or without that at a broker of this
// program's own (local://). Thread-safe. Throws Error when there is neither: link forkmill::local and put
// forkmill::local_main(argc, argv) on the first line of main, or set FORKMILL_BROKER. In a child that was forked before
// the first call it is a client of the child's own; in one that was forked after it, it throws as any Client does.
Client& default_client();

namespace detail {

// Starts a broker for this program alone and returns its endpoint: what local:// stands for. Set once, by the library
// that can; thread-safe.
void set_local_starter(std::function<std::string()> starter);
// Its endpoint. Throws Error when there is no starter.
std::string local_endpoint();

}  // namespace detail
}  // namespace forkmill
