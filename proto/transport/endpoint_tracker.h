// EndpointTracker: finds the current address of a broker that is known by a name. ZeroMQ is given addresses only: it
// would look up a name on the one thread that carries all messages of the process, and a name server that does not
// answer (that of a container network while containers are replaced, for example) would stall this thread.
//
// The tracker looks up the name at the start and, while there is no connection, again and again, with growing, jittered
// pauses. If an answer does not have the address that is being tried, its first address is tried; several addresses
// take turns. A failed lookup changes nothing: the known addresses are tried further. The thread of the Dealer owns it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/clock.h"
#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/address_rotation.h"
#include "proto/transport/resolver.h"

namespace forkmill::proto {

// FailureNews: the text of the last failure, which is told once, until another one or a success.
class FailureNews {
 public:
  void note(std::string failure) {
    is_new_ = is_new_ || failure != failure_;
    failure_ = std::move(failure);
  }
  void note_success() {
    failure_.clear();
    is_new_ = false;
  }
  std::optional<std::string> take() { return std::exchange(is_new_, false) ? std::optional{failure_} : std::nullopt; }

 private:
  std::string failure_;
  bool is_new_ = false;
};

class EndpointTracker {
 public:
  // Returns null for an endpoint that ZeroMQ can connect to without a name server: a path, a number or localhost (and
  // for an invalid endpoint, which ZeroMQ refuses).
  static std::unique_ptr<EndpointTracker> to(std::string_view endpoint, LookUp look_up);

  EndpointTracker(std::string host, std::string port, LookUp look_up);

  const std::string& endpoint() const { return addresses_.endpoint(); }  // numeric; empty while no address is known

  // Events of the connection. Those that return a value return whether endpoint() has changed.
  void connected();
  void lost();
  bool refused();  // an attempt to connect failed
  bool move_on();  // the peer at this address is not a broker that answers

  // Handles the answers of lookups and does the work that is due. Returns whether endpoint() has changed.
  bool attend();
  // Returns whether attend() has work.
  bool due();

  // Returns why the name has no address; each reason once until there was a connection.
  std::optional<std::string> take_failure();

  // Returns the descriptors that become readable when attend() has work.
  std::array<int, 2> descriptors() const { return {resolver_.fd(), alarm_.fd()}; }

 private:
  void ask(Instant now);
  bool take(Addresses found, Instant now);
  bool next_address(Instant now);
  void arm(Instant now);

  RealEnv env_;
  Resolver resolver_;
  Alarm alarm_;  // set to the earlier of look_at_ and hop_at_
  AddressRotation addresses_;
  FailureNews failure_;  // the last lookup that failed
  bool searching_ = true;
  bool asking_ = false;
  Instant look_at_{0};    // time of the next lookup
  Instant hop_at_{0};     // time to try the next address
  unsigned lookups_ = 0;  // answered since the connection was lost
};

}  // namespace forkmill::proto
