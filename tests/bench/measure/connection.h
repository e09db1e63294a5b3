// A TCP connection to a server of this machine, for peers whose protocol is spoken by hand. Pipelined: what is to be
// sent gathers in memory and leaves in as few writes as the socket takes. One thread per connection.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::bench {

class Connection {
 public:
  // To 127.0.0.1; `peer` is what errors call the other side. Throws std::runtime_error.
  Connection(int port, std::string peer);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::string& out() { return out_; }  // append to it; it leaves with the next exchange
  // Bytes that are read and not consumed; valid until the next exchange.
  std::string_view in() const { return {in_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // Sends what is queued and reads what is there, and waits until at least something could be read.
  // Throws std::runtime_error when the server has gone.
  void exchange() { exchange_any({this}); }
  // The same for several, until something could be read from one of them.
  static void exchange_any(std::span<Connection* const> connections);
  static void exchange_any(std::initializer_list<Connection*> connections) {
    exchange_any(std::span{connections.begin(), connections.size()});
  }
  // Throws std::runtime_error that names the peer.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  bool send_some();
  void forget_sent();
  bool read_some();

  std::string peer_;
  proto::Descriptor socket_;
  std::string out_;
  std::size_t sent_ = 0;
  std::vector<char> in_;  // bytes from begin_ to end_ are read and not consumed
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace forkmill::bench
