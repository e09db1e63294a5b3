// Attacker: does to a broker's sockets what strangers and broken peers do, drawn from a seed: sends bytes that are no
// ZMTP, ZMTP that is nearly right, messages that make no sense over proper connections, and lies within the protocol.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/filler.h"
#include "tests/fuzz/live/raw_peer.h"

namespace forkmill::fuzz {

class Attacker {
 public:
  Attacker(std::uint64_t seed, std::vector<std::string> endpoints) : random_{seed}, endpoints_{std::move(endpoints)} {}

  // Opens one connection, abuses it and drops it.
  void attack();
  std::uint64_t connections() const { return connections_; }
  std::uint64_t messages() const { return messages_; }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::string noise(std::size_t most);
  std::string& damage(std::string& bytes);

  void strange_bytes(RawPeer& peer);
  void broken_handshake(RawPeer& peer);
  void broken_frames(RawPeer& peer);
  void senseless_messages(RawPeer& peer);
  void lies(RawPeer& peer);
  void say(RawPeer& peer, const proto::Envelope& envelope, bool damaged);
  proto::Message any_message();

  std::mt19937_64 random_;
  std::vector<std::string> endpoints_;
  Palette palette_;
  std::uint64_t connections_ = 0;
  std::uint64_t messages_ = 0;
};

}  // namespace forkmill::fuzz
