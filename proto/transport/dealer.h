// Dealer: the socket of a client or a worker, connected to one broker. One thread owns it. It reconnects by itself, for
// ever, with growing, jittered pauses, and follows the name of a broker to other addresses (endpoint tracker.h); a
// process that has no descriptor left for a connection gets one when it can. What was under way when a connection broke
// may be lost or not, so the session above decides what to send again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proto/transport/endpoint_tracker.h"
#include "proto/transport/real_env.h"
#include "proto/transport/resolver.h"
#include "proto/transport/waiter.h"
#include "proto/wire/codec.h"

namespace forkmill::proto {

class Dealer {
 public:
  // Does not wait for the broker. Throws TransportError when the endpoint makes no sense.
  explicit Dealer(const std::string& endpoint, LookUp look_up = proto::look_up);
  ~Dealer();
  Dealer(const Dealer&) = delete;
  Dealer& operator=(const Dealer&) = delete;

  enum class LinkEvent {
    up,     // a connection was made: say HELLO now
    down,   // it broke
    stuck,  // there is none, for the broker's name has no address, or no descriptor is left: trouble() says it
  };
  std::optional<LinkEvent> link_event();
  const std::string& trouble() const { return trouble_; }

  // The next message, without waiting. Empty: none is there.
  std::optional<Result<Envelope>> receive();

  // False: not taken (the queue to the broker is full, or there is no descriptor for one); nothing of it was sent.
  bool send(const Envelope& envelope);

  // Drops the connection with all that waits in it, and makes a new one: for a broker that is silent on a living
  // connection.
  void reconnect();

  // Ends the connection. What was sent is waited for until the system has it, a second at most: a process that ends
  // right afterwards would take it along. Nothing but the destructor may be called then.
  void finish();

  // Wait on the descriptor, which stays the same, and only after pending() said no: it signals changes, not states.
  bool pending();
  int fd() const { return waiter_.fd(); }

 private:
  struct Connection;
  void connect();  // anew, to where the broker is now
  bool retry_due();
  bool look_for_trouble();

  RealEnv env_;
  Waiter waiter_;
  const std::string endpoint_;
  std::unique_ptr<EndpointTracker> endpoint_tracker_;  // null: the endpoint says where
  std::unique_ptr<Connection> connection_;             // null: there was no descriptor for it
  Alarm retry_;
  Instant retry_at_{0};
  std::string shortage_;  // why the last connection could not be made
  std::string told_;      // the shortage that link_event() has told
  std::string trouble_;
};

// For a process that ends with _exit(): waits until what was sent has left, a second at most. No socket may exist any
// more, and none can be made afterwards.
void finish_sending();

}  // namespace forkmill::proto
