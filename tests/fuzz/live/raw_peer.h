// RawPeer: a connection to a broker without ZeroMQ in between: bytes go out as they are. Speaks enough of ZMTP 3 (NULL
// mechanism, DEALER) to be let in when it wants to. Blocking, with a short patience; used by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/transport/descriptor.h"

namespace forkmill::fuzz {

class RawPeer {
 public:
  // "tcp://HOST:PORT" or "ipc://PATH". Not connected: everything fails.
  explicit RawPeer(const std::string& endpoint);

  bool connected() const { return socket_.valid(); }
  // False: the other side has closed, or takes no more.
  bool send(std::string_view bytes);
  // At most that many bytes, or none within the patience.
  std::string receive(std::size_t most);

  // Greeting and READY, both ways. False: it was not let in.
  bool shake_hands();
  // A message of these frames.
  bool say(const std::vector<std::string>& frames);
  // The next message, if one comes within the patience.
  std::optional<std::vector<std::string>> hear();

  static std::string greeting();
  static std::string ready();
  static std::string frame(std::uint8_t flags, std::string_view body);

 private:
  bool fill(std::size_t bytes);

  proto::Descriptor socket_;
  std::string received_;
};

}  // namespace forkmill::fuzz
