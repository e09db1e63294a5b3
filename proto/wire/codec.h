// Codec: envelope <-> bytes. A message is one envelope frame (msgpack, by msgpack-c) and one frame for each payload of
// limits::kInlinePayload bytes or more, in the order in which the envelope refers to them. Pure functions: any thread
// may call them.
//
// The decoder trusts nothing in the bytes: it checks counts against the bytes that are there, strings and records
// against proto/limits.h, and numbers against the range of their field. decode() allocates at most about 50 bytes for
// each byte of the envelope, since a payload of no bytes takes two there, and throws std::bad_alloc only.
#pragma once

#include <functional>
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

// The same for a caller that needs the bytes during a call only: they stand in a buffer of the thread, which saves each
// message an allocation and a copy. Returns what `use` returns, which must not encode anything.
using UseEncoded = std::function<bool(std::string_view envelope, const std::vector<Payload>& frames)>;
bool encode_for(const Envelope& envelope, const UseEncoded& use);

// Large payloads of the result share `frames`; small ones are copied, so `envelope` need not outlive the call. Fails
// with malformed, message_too_large, or unknown_message (a type of a newer peer: answer with ERROR and continue).
Result<Envelope> decode(std::string_view envelope, std::span<const Payload> frames = {});

// The name of a message's type in PROTOCOL.md.
std::string_view type_name(const Message& message);

// One record without an envelope, for tests and audits of the simulator.
std::string encode_submission(const Submission& submission);
Result<Submission> decode_submission(std::string_view bytes);
std::string encode_outcome(const Outcome& outcome);
Result<Outcome> decode_outcome(std::string_view bytes);

}  // namespace forkmill::proto
