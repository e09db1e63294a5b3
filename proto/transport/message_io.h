// Message I/O: envelopes to and from multipart messages of ZeroMQ. Router and Dealer share it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "proto/wire/codec.h"

namespace forkmill::proto {

// Returns the one context of the process; the first call makes it. Its threads block all signals. Never call this
// before a fork.
zmq::context_t& zmq_context();

inline constexpr int kLinger = 1000;  // milliseconds for which a closed socket may still send

// Sets the options in which both types of sockets differ from ZeroMQ's defaults.
void set_common_options(zmq::socket_t& socket, const std::string& endpoint);

// Returns false if there is no frame, or, with `wait`, if none came within the time-out of the socket. Signals do not
// interrupt the wait.
bool receive_frame(zmq::socket_t& socket, zmq::message_t& frame, bool wait = false);

struct Arrived {
  zmq::message_t routing;
  zmq::message_t head;  // the envelope as it came
  std::vector<Payload> payloads;
  std::uint64_t cost = 0;       // cost of its frames (frame_meter.h)
  std::uint32_t principal = 0;  // number that the authenticator gave to the connection; 0: the socket has none
  bool too_large = false;       // some payloads were dropped

  Result<Envelope> decoded() const;
};
// Returns the next message, or nullopt. Never waits. `routed`: the message begins with a routing id.
std::optional<Arrived> receive_message(zmq::socket_t& socket, bool routed);

// Sends without waiting. Returns false if the message was not taken: there is no such peer, or its queue is full.
// Nothing of it is sent then. `unread` (may be null) counts the bytes of its large frames.
struct UnreadBytes {
  using Count = std::atomic<std::size_t>;
  // `copied_to_all`: sum of `copied` over all peers.
  explicit UnreadBytes(std::shared_ptr<Count> copied_to_all) : copied_in_all{std::move(copied_to_all)} {}

  Count waiting{0};  // were sent, and have not left yet
  Count left{0};     // in all
  Count copied{0};  // bytes of envelopes among `waiting`; payloads with frames of their own are kept for others as well
  const std::shared_ptr<Count> copied_in_all;
};
using Unread = std::shared_ptr<UnreadBytes>;
bool send_message(zmq::socket_t& socket, zmq::message_t* routing, const Envelope& envelope,
                  const Unread& unread = nullptr);

// Returns whether a message can be received now. Also lets ZeroMQ handle the commands of its threads: call it before
// each wait for the descriptor of the socket, which signals changes only.
bool has_input(zmq::socket_t& socket);

}  // namespace forkmill::proto
