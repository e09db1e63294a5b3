// What goes wrong with sockets, in words for people; and the limits of the process that make them go wrong.
#pragma once

#include <stdexcept>
#include <string>

namespace forkmill::proto {

// Set-up failed: a bad endpoint, a port in use. what() says what to do.
class TransportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "cannot listen on tcp://127.0.0.1:7117: the address is in use (another broker? see `ss -ltnp`)".
std::string bind_error_text(const std::string& endpoint, int error);
std::string connect_error_text(const std::string& endpoint, int error);

// True for ipc://, inproc:// and TCP on a loopback address: reachable from this machine only.
bool is_local_endpoint(const std::string& endpoint);

// To the hard limit: libzmq spins when accept() runs out of descriptors.
void raise_descriptor_limit();

}  // namespace forkmill::proto
