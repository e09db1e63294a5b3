// Dealer: the socket of a client or a worker, connected to one broker. One thread owns it. It reconnects by itself,
// with growing, jittered pauses, indefinitely, follows the name of a broker to other addresses
// (endpoint_tracker.h), goes on to the next endpoint of a list (endpoint_list.h), and waits for a descriptor if the
// process has none left. Messages that were under way when a connection broke may be lost or not: the session decides
// what to send again.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "proto/os/waiter.h"
#include "proto/transport/endpoint_list.h"
#include "proto/transport/keys/key_files.h"
#include "proto/transport/resolver.h"
#include "proto/wire/codec.h"

namespace forkmill::proto {

class Dealer {
 public:
  // `endpoint`: one, or a list of those of brokers that stand by for each other, with commas between. `keys`: for TCP;
  // none: the connection is not encrypted. Does not wait for the broker. Throws TransportError if the first endpoint is
  // not valid, or one is the default one and other users could use it (default_endpoint.h).
  // `beside`: a Dealer whose fd() shall become readable when that of this one does, and which outlives this one; null:
  // none.
  explicit Dealer(const std::string& endpoint, LookUp look_up = proto::look_up, std::optional<CurveKeys> keys = {},
                  Dealer* beside = nullptr);
  ~Dealer();
  Dealer(const Dealer&) = delete;
  Dealer& operator=(const Dealer&) = delete;

  enum class LinkEvent {
    up,     // a connection was made: send HELLO
    down,   // the connection broke
    stuck,  // no connection can be made: the broker's name has no address, no descriptor is left, the endpoint is
            // that of another user, or the broker refuses the keys or their absence; see why_stuck()
  };
  // Returns the next event, without waiting.
  std::optional<LinkEvent> link_event();
  // Returns the reason of the last LinkEvent::stuck.
  const std::string& why_stuck() const { return obstacle_.reported; }
  // Returns whether the last handshake ended because the broker does not accept the keys, or their absence.
  bool is_refused() const { return obstacle_.is_refusal; }

  // Returns the next message, or nullopt. Never waits.
  std::optional<Result<Envelope>> receive();

  // Returns false if the message was not taken: the queue to the broker is full, or there is no connection. Nothing of
  // it is sent then.
  bool send(const Envelope& envelope);

  // Drops the connection, with all messages that wait in it, and makes a new one, to the next endpoint of several. For
  // a broker that is silent although the connection is up.
  void reconnect();

  // Makes a new connection to one of `endpoints`, a list with commas between, where the broker has sent this peer.
  // When it breaks or cannot be made, and on reconnect(), the endpoints of before are tried again. Returns false, and
  // does nothing, if none of them is an endpoint.
  bool redirect(const std::string& endpoints);

  // Ends the connection. Blocks until the system has taken over all sent messages, for a second at most: a process that
  // ends right afterwards would lose them. Afterwards only the destructor may be called.
  void finish();

  // Wait for fd() to become readable only after pending() has returned false: the descriptor signals changes, not
  // states. fd() stays the same.
  bool pending();
  int fd() const { return waiter_.fd(); }

 private:
  struct Connection;
  // Why there is no connection, and when to try again.
  struct Obstacle {
    std::string text;      // why the last connection could not be made
    std::string told;      // the text that link_event() has reported
    std::string reported;  // with the last LinkEvent::stuck
    // With several endpoints, whose reasons take turns: all that was reported since there was a connection.
    std::set<std::string> all_told;
    Alarm alarm;
    Instant retry_at{0};
    unsigned failed_handshakes = 0;  // in a row
    bool is_refusal = false;         // the broker has refused the keys
  };

  // Makes a new connection, to the current address of the broker. The first one throws TransportError; later ones are
  // tried again.
  void connect(bool first = false);
  void disconnect();  // drops the connection, with all messages that wait in it
  void retry_later(std::string obstacle, Instant pause);
  bool retry_due();
  // Leaves the current endpoint of several for the next one.
  void try_next();
  void leave_foreign_server(int socket);
  void explain_failed_handshake(std::uint16_t event, std::uint32_t value);
  bool find_why_stuck();
  // Takes over the reason of a LinkEvent::stuck. Returns false if it is not to be reported again.
  bool is_news(std::string why);

  Waiter waiter_;
  EndpointList endpoints_;
  const std::optional<CurveKeys> keys_;
  std::unique_ptr<Connection> connection_;  // null: there was an obstacle to it
  Obstacle obstacle_;
};

// For a process that ends with _exit(): blocks until all sent messages have left, for a second at most. No socket may
// exist any more, and none can be made afterwards.
void finish_sending();

}  // namespace forkmill::proto
