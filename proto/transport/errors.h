// Errors of sockets, in words for people, and the limit on descriptors.
#pragma once

#include <stdexcept>
#include <string>

namespace forkmill::proto {

// A failure of the set-up: an invalid endpoint, a port in use. what() says what to do.
class TransportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Texts of errors: "cannot listen on tcp://127.0.0.1:7117: the address is in use (another broker? see `ss -ltnp`)".
std::string bind_error_text(const std::string& endpoint, int error);
std::string connect_error_text(const std::string& endpoint, int error);

// Returns whether only this machine can reach the endpoint: ipc://, inproc:// or TCP on a loopback address.
bool is_local_endpoint(const std::string& endpoint);

// Raises the limit on descriptors to the hard limit: libzmq spins when accept() runs out of them.
void raise_descriptor_limit();

}  // namespace forkmill::proto
