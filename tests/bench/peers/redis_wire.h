// Redis' protocol (RESP2), as far as a peer for comparison needs it. Pipelined; one thread per connection.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/bench/measure/connection.h"

namespace forkmill::bench::redis {

// A reply. Arrays within arrays are laid flat. Views are valid until the next exchange.
struct Reply {
  std::int64_t number = 0;                // integer reply
  std::vector<std::string_view> strings;  // all other replies
};

class Connection {
 public:
  explicit Connection(int port) : socket_{port, "redis-server"} {}  // 127.0.0.1; throws std::runtime_error

  // Appends a command to what will be sent.
  void command(std::initializer_list<std::string_view> words);
  // The next reply that is here already, without waiting. Throws std::runtime_error for an error reply.
  std::optional<Reply> receive();
  // Waits for a reply. Only when one is expected.
  Reply await();
  bench::Connection& socket() { return socket_; }

 private:
  bool parse(std::string_view& in, Reply& reply);

  bench::Connection socket_;
};

}  // namespace forkmill::bench::redis
