// Proxy: forwards TCP connections to the broker. Connections can be cut, reset, or made to swallow what passes.
//
// Swallowed bytes do not come back: a connection that lost bytes stays dead, like a connection to a machine that is
// gone, until one of its ends gives up. heal() helps only later connections.
//
// Threads: the proxy has a thread of its own, which owns the connections; any other thread may call every member.
// Errors: std::runtime_error from the constructor if there is no port.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/os/descriptor.h"
#include "proto/os/wakeup.h"

namespace forkmill::chaos {

// Returns the address of this port on this machine (127.0.0.1).
sockaddr_in loopback(std::uint16_t port);

class Proxy {
 public:
  // Forwards connections to 127.0.0.1:target.
  explicit Proxy(std::uint16_t target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::string endpoint() const;

  void cut();    // FIN to both ends
  void reset();  // RST to both ends
  // Swallows all bytes in these directions, on connections there are and, until heal(), on new ones.
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
  std::mutex mutex_;  // guards the order and the flags below
  Order order_ = Order::none;
  bool swallow_up_ = false;
  bool swallow_down_ = false;
  bool apply_ = false;                   // whether existing connections are still to be told to swallow
  std::vector<Connection> connections_;  // owned by the proxy's thread
  std::thread thread_;
};

}  // namespace forkmill::chaos
