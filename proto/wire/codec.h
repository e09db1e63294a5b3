// Envelope <-> bytes. A message is one envelope frame (msgpack, by msgpack-c) and a frame for every payload of
// limits::kInlinePayload bytes or more, in the order in which the envelope refers to them. Pure functions: use them
// from any thread.
//
// Nothing announced by the bytes is believed: counts are held against the bytes that are there, strings and records
// against proto/limits.h, numbers against the range of their field. decode() never throws, never asks for more memory
// than a small multiple of the bytes it got.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/result.h"
#include "proto/wire/messages.h"

namespace forkmill::proto {

struct Encoded {
  std::string envelope;
  std::vector<Payload> frames;
};

Encoded encode(const Envelope& envelope);

// Large payloads of the result share the frames given; small ones are copied out of `envelope`, which may go after the
// call. Errors: malformed, message_too_large, unknown_message (a type from a newer peer: answer with ERROR and go on).
Result<Envelope> decode(std::string_view envelope, std::span<const Payload> frames = {});

// The number of a message's type on the wire, and its name in PROTOCOL.md.
std::uint8_t type_number(const Message& message);
std::string_view type_name(const Message& message);

// A record on its own, for whoever stores it.
std::string encode_submission(const Submission& submission);
Result<Submission> decode_submission(std::string_view bytes);
std::string encode_outcome(const Outcome& outcome);
Result<Outcome> decode_outcome(std::string_view bytes);

}  // namespace forkmill::proto
