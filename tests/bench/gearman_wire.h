// Gearman's binary protocol, as far as a peer for comparison needs it: submit, grab, complete. Pipelined: packets are
// queued in memory and leave in as few writes as the socket takes. One thread per connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
  std::string_view body;  // valid until the next call of Connection::receive
};

// Splits off the part before the first NUL, and leaves the rest in `body`.
std::string_view take_argument(std::string_view& body);

class Connection {
 public:
  explicit Connection(int port);  // 127.0.0.1; throws std::runtime_error
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Appends a packet to what will be sent; arguments are joined by NUL.
  void queue(Type type, std::string_view first = {}, std::string_view second = {}, std::string_view third = {});
  // The next packet that is here already, without waiting and without a system call.
  std::optional<Packet> receive();
  // Sends what is queued and reads what is there, and waits until at least something could be read.
  // Throws std::runtime_error when the server has gone.
  void exchange();

 private:
  bool send_some();
  bool read_some();

  int fd_;
  std::string out_;
  std::size_t sent_ = 0;
  std::string in_;
  std::size_t parsed_ = 0;
};

}  // namespace forkmill::bench::gearman
