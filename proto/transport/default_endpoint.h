// The endpoint of a user's broker on this machine, for programs that are given none. Broker, workers and clients of one
// user agree on it, and other users cannot reach it: its socket lies in a folder that only its owner may enter.
//
// Thread-safe as long as no thread changes the environment.
#pragma once

#include <string>

namespace forkmill::proto {

// Returns "ipc://FOLDER/broker". FOLDER is the first of these that is possible; nothing is created:
//
//     $XDG_RUNTIME_DIR/forkmill    the directory belongs to this user (root: unless it is /run/user/0, which services
//                                  of root are not told)
//     /run/forkmill                root
//     /run/user/UID/forkmill       /run/user/UID belongs to this user
//     /tmp/forkmill-UID            other users
std::string default_endpoint();

// Creates the folder of the socket, with mode 0700, if `endpoint` is the default one and the folder is missing. Other
// endpoints need nothing. Throws TransportError, with what to do, if the folder is a symbolic link or no folder,
// belongs to another user, lets other users in, or cannot be created.
void prepare_default_endpoint(const std::string& endpoint);

}  // namespace forkmill::proto
