// Gearman's binary protocol, as far as a peer for comparison needs it: submit, grab, complete. Pipelined, one thread
// per connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/bench/measure/connection.h"

namespace forkmill::bench::gearman {

enum class Type : std::uint32_t {
  can_do = 1,
  pre_sleep = 4,
  noop = 6,
  submit_job = 7,
  job_created = 8,
  grab_job = 9,
  no_job = 10,
  job_assign = 11,
  work_complete = 13,
  error = 19,
};

struct Packet {
  Type type;
  std::string_view body;  // valid until the next call of Connection::exchange
};

// Splits off the part before the first NUL, and leaves the rest in `body`.
std::string_view take_argument(std::string_view& body);

class Connection {
 public:
  explicit Connection(int port) : socket_{port, "gearmand"} {}  // 127.0.0.1; throws std::runtime_error

  // Appends a packet to what will be sent; arguments are joined by NUL.
  void queue(Type type, std::string_view first = {}, std::string_view second = {}, std::string_view third = {});
  // The next packet that is here already, without waiting and without a system call.
  std::optional<Packet> receive();
  // As bench::Connection's.
  void exchange() { socket_.exchange(); }

 private:
  bench::Connection socket_;
};

}  // namespace forkmill::bench::gearman
