// RawPeer: a connection to a broker without ZeroMQ, so that bytes go out as they are. It can speak enough of ZMTP 3
// (NULL mechanism, DEALER) to be let in. Calls block for half a second without progress at most. Threads: used by one
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::fuzz {

class RawPeer {
 public:
  // Connects to "tcp://HOST:PORT" or "ipc://PATH". If that fails, connected() is false and every call fails.
  explicit RawPeer(const std::string& endpoint);

  bool connected() const { return socket_.valid(); }
  // Returns false if the other side has closed, or accepts no more bytes.
  bool send(std::string_view bytes);
  // Returns at most `most` bytes; none if none comes in time.
  std::string receive(std::size_t most);

  // Exchanges greetings and READY commands. Returns whether the broker let it in.
  bool shake_hands();
  // Sends a message of these frames.
  bool say(const std::vector<std::string>& frames);
  // Returns the next message; nullopt if none comes in time.
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
