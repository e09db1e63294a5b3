// Envelopes to and from ZeroMQ's multipart messages; shared by Router and Dealer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "proto/wire/codec.h"

namespace forkmill::proto {

// One context per process, made on first use. Its threads block every signal. Never call this before a fork.
zmq::context_t& zmq_context();

inline constexpr int kLinger = 1000;  // ms that a closed socket may go on sending

// Options that both socket types need changed from ZeroMQ's defaults.
void set_common_options(zmq::socket_t& socket, const std::string& endpoint);

// False when nothing is there, or when nothing came within the socket's time-out. Signals do not interrupt it.
bool receive_frame(zmq::socket_t& socket, zmq::message_t& frame, bool wait = false);

// Reads the next message without waiting: the routing id when the socket has one, then the envelope. Empty: nothing is
// there.
struct Arrived {
  zmq::message_t routing;
  Result<Envelope> envelope;
};
std::optional<Arrived> receive_message(zmq::socket_t& socket, bool routed);

// Sends without waiting. False: it was not taken (no such peer, or its queue is full); nothing of it has been sent
// then.
bool send_message(zmq::socket_t& socket, zmq::message_t* routing, Encoded encoded);

// True when a message can be received now. Also makes ZeroMQ handle what its threads told it: call it before every wait
// on the socket's descriptor, which signals changes only.
bool has_input(zmq::socket_t& socket);

}  // namespace forkmill::proto
