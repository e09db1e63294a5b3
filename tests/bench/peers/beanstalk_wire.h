// beanstalkd's protocol, as far as a peer for comparison needs it. Pipelined; one thread per connection. Every command
// has one answer, in the order of the commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/bench/measure/connection.h"

namespace forkmill::bench::beanstalk {

struct Answer {  // valid until the next exchange
  enum class Kind : std::uint8_t { inserted, reserved, timed_out, deleted, other };
  Kind kind = Kind::other;
  std::string_view id;    // body of a reserved job
  std::string_view body;  // likewise
};

class Connection {
 public:
  explicit Connection(int port) : socket_{port, "beanstalkd"} {}  // 127.0.0.1; throws std::runtime_error

  void use(std::string_view tube);         // the tube that put() uses
  void watch_only(std::string_view tube);  // the tube that reserve() uses
  void put(std::string_view body);
  void reserve();           // waits for a job; the server does nothing else for this connection until there is one
  void reserve_if_there();  // does not wait
  void remove(std::string_view id);

  // The next answer that is here already, without waiting. Throws std::runtime_error for an error of the server.
  std::optional<Answer> receive();
  // As bench::Connection's.
  void exchange() { socket_.exchange(); }
  bench::Connection& socket() { return socket_; }

 private:
  bench::Connection socket_;
};

// Takes jobs of one tube, many at a time: one reservation that waits, and behind it many that do not.
class Taker {
 public:
  Taker(Connection& server, int most) : server_{server}, most_{most} {}

  // Asks for the next jobs when all answers to the last question have come. Queue what else is to be sent before.
  void ask();
  // Whether this was the answer to a reservation, with a job or without.
  void answered() { --open_; }

 private:
  Connection& server_;
  int most_;
  int open_ = 0;
};

}  // namespace forkmill::bench::beanstalk
