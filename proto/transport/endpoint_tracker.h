// EndpointTracker: where a broker that is known by a name can be reached now. ZeroMQ is given addresses only: it would
// look the name up on the one thread that carries all of the process's messages, and a name server that does not answer
// (that of a container network, while containers are being replaced) would stall it.
//
// The name is looked up at the start and, while there is no connection, again and again, with growing, jittered pauses.
// An answer without the address that is being tried replaces it; with several addresses each has its turn. An answer
// that fails changes nothing: what was known is tried further. One thread owns it, the Dealer's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/clock.h"
#include "proto/transport/real_env.h"
#include "proto/transport/resolver.h"
#include "proto/transport/waiter.h"

namespace forkmill::proto {

class EndpointTracker {
 public:
  // Null for what ZeroMQ can connect to without a name server: paths, numbers and localhost (and for what is no
  // endpoint at all: ZeroMQ says so).
  static std::unique_ptr<EndpointTracker> to(std::string_view endpoint, LookUp look_up);

  EndpointTracker(std::string host, std::string port, LookUp look_up);

  const std::string& endpoint() const { return endpoint_; }  // numeric; empty while none is known

  // What happens to the connection; true: endpoint() has changed.
  void connected();
  void lost();
  bool refused();  // an attempt failed
  bool move_on();  // whoever answers at this address is no broker
  bool attend();   // looks what has come and what is due
  bool due();      // attend() has something to do

  // Why the name has no address: each reason once until there was a connection.
  std::optional<std::string> trouble();

  void watch(Waiter& waiter, std::uint64_t tag);

 private:
  Instant now() { return env_.now().steady; }
  void ask(Instant now);
  bool take(Addresses found, Instant now);
  bool next_address(Instant now);
  void choose(std::size_t index, Instant now);
  void note(std::string trouble);
  Instant pause();
  void arm(Instant now);

  RealEnv env_;
  const std::string port_;
  Resolver resolver_;
  Alarm alarm_;
  std::vector<std::string> addresses_;
  std::size_t at_ = 0;
  std::size_t refused_ = 0;  // of the addresses, since they were looked up
  std::string endpoint_;
  bool searching_ = true;
  bool asking_ = false;
  Instant look_at_{0};    // look the name up (again) then
  Instant hop_at_{0};     // try another address then
  Instant alarm_at_{0};   // the earlier of both
  unsigned lookups_ = 0;  // answered since the connection was lost
  std::string trouble_;
  bool trouble_is_new_ = false;
};

}  // namespace forkmill::proto
