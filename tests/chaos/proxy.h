// Proxy: a TCP connection's way to the broker, which can be cut, reset, or made to swallow what passes.
//
// What is swallowed cannot come back: a connection that lost bytes stays dead for good, as one whose other machine is
// gone does, until its end gives up. heal() is for the connections that come after it.
//
// Has a thread of its own, which owns the connections; every member may be called by any other. Errors:
// std::runtime_error from the constructor when there is no port.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/transport/descriptor.h"
#include "proto/transport/wakeup.h"

namespace forkmill::chaos {

// This port of this machine.
sockaddr_in loopback(std::uint16_t port);

class Proxy {
 public:
  // To 127.0.0.1:target.
  explicit Proxy(std::uint16_t target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::string endpoint() const;

  void cut();    // FIN to both ends
  void reset();  // RST to both ends
  // From now on, of connections there are and of those to come, until heal().
  void swallow(bool to_broker, bool from_broker);
  void heal();

 private:
  struct Way {  // one direction
    int from = -1;
    int to = -1;
    std::string held;  // read and not yet written
    bool swallows = false;
  };
  struct Connection {
    Way up, down;
    bool over = false;
  };
  enum class Order : std::uint8_t { none, cut, reset, stop };

  void run();
  bool obey();
  void accept();
  void close(Connection& connection, bool hard) const;
  static void pump(Connection& connection, Way& way);
  void command(Order order);

  std::uint16_t target_;
  proto::Descriptor listener_;
  std::uint16_t port_ = 0;
  proto::Wakeup bell_;
  std::mutex mutex_;  // guards what is below
  Order order_ = Order::none;
  bool swallow_up_ = false;
  bool swallow_down_ = false;
  bool apply_ = false;                   // to the connections there are
  std::vector<Connection> connections_;  // the thread's own
  std::thread thread_;
};

}  // namespace forkmill::chaos
