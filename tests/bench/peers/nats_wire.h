// NATS' client protocol and the JetStream requests that a peer for comparison needs. Pipelined; one thread per
// connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/measure/connection.h"

namespace forkmill::bench::nats {

struct Message {  // valid until the next exchange
  std::string_view subject;
  int subscription = 0;
  std::string_view reply;    // empty: none is wanted
  std::string_view headers;  // headers of the server's own notices; empty for messages of the benchmark
  std::string_view payload;
};

class Connection {
 public:
  // 127.0.0.1; returns once the server has answered. Throws std::runtime_error.
  explicit Connection(int port);

  // `group`: each message goes to one member of this queue group; empty: to every subscriber.
  void subscribe(std::string_view subject, int subscription, std::string_view group = {});
  void publish(std::string_view subject, std::string_view payload, std::string_view reply = {});
  // The next message that is here already, without waiting. Answers the server's PINGs; throws std::runtime_error for
  // an error that it reports.
  std::optional<Message> receive();
  // Waits until the server has handled everything that was sent. Only before other messages are expected.
  void flush();
  // As bench::Connection's.
  void exchange() { socket_.exchange(); }
  // Publishes and waits for the answer; throws std::runtime_error when it is an error of JetStream's. Only before other
  // messages are expected.
  std::string request(std::string_view subject, std::string_view payload);
  // Throws std::runtime_error unless it is the acknowledgement of a stored message.
  void expect_stored(const Message& answer) const;

 private:
  std::optional<Message> message(std::string_view line, bool with_headers);

  bench::Connection socket_;
  std::string answers_;  // where request() gets them
  bool ready_ = false;   // PONG seen
};

}  // namespace forkmill::bench::nats
