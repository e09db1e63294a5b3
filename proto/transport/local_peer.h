// Peers on ipc:// endpoints, whose user the kernel knows. A program talks only to programs of its own user and of root.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::proto {

// Returns the path of an ipc:// endpoint, or "@NAME" of one without a file. Empty: the endpoint is another one.
std::string ipc_path(std::string_view endpoint);

// Returns the program at the other end of a connected Unix socket, for people: "forkmill-broker (pid 4711)".
std::string program_at(int socket);

// Returns the program that listens on an ipc:// endpoint, as program_at() does. Returns an empty text if there is none,
// or if the endpoint is another one.
std::string listener_on(const std::string& endpoint);

// Returns why the server at the other end of a connected Unix socket must not be talked to: it runs as another user, so
// it may have taken the path while the broker was down. Empty: it may be talked to, or `socket` is no Unix socket.
std::string why_server_is_foreign(int socket);

// Returns why this user cannot connect to an ipc:// endpoint that exists. Empty: it can, or the endpoint is another
// one.
std::string why_barred(const std::string& endpoint);

}  // namespace forkmill::proto
