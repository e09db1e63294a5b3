// Names of queues, tasks and objects. They appear in commands, metrics and file names, so no character needs quoting.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::proto {

// Returns whether `text` has 1 to limits::kMaxName characters, all letters, digits or . _ - : /
bool is_name(std::string_view text);

// Returns whether programs can connect to `text`: tcp://HOST:PORT with a port from 1 to 65535, or ipc://PATH with a
// path of at most 107 bytes.
bool is_endpoint(std::string_view text);

// Returns the endpoints of a list with commas between. A comma in the path of an endpoint stays.
std::vector<std::string> split_endpoints(std::string_view text);

// Returns whether `text` is an endpoint, or a list of the endpoints of brokers that stand by for each other.
bool is_endpoint_list(std::string_view text);

// Returns whether a broker can listen on `text`: an endpoint, whose port may also be 0 or *, which mean a free one.
bool is_listen_endpoint(std::string_view text);

// Says that `text` is not an endpoint, and what one looks like.
std::string not_an_endpoint(std::string_view text);

}  // namespace forkmill::proto
