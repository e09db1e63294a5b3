#include "proto/wire/codec.h"

#include <array>
#include <utility>

#include "proto/per_thread.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace forkmill::proto {

namespace {

constexpr std::size_t kAlternatives = std::variant_size_v<AnyMessage>;
template <std::size_t I>
using Alternative = std::variant_alternative_t<I, AnyMessage>;

template <std::size_t... I>
constexpr std::array<std::uint8_t, kAlternatives> numbers_of(std::index_sequence<I...>) {
  return {kTypeOf<Alternative<I>>...};
}
constexpr auto kTypeNumbers = numbers_of(std::make_index_sequence<kAlternatives>{});

constexpr bool all_distinct() {
  for (std::size_t i = 0; i < kAlternatives; ++i) {
    if (kTypeNumbers[i] == 0) return false;
    for (std::size_t j = 0; j < i; ++j)
      if (kTypeNumbers[i] == kTypeNumbers[j]) return false;
  }
  return true;
}
static_assert(all_distinct(), "every message has a type number of its own");

constexpr std::array<std::string_view, kAlternatives> kTypeNames{
    "HELLO",       "WELCOME",       "HEARTBEAT", "GOODBYE",      "ERROR",    "SUBMIT",  "SUBMIT_ACK", "RESULTS",
    "RESULT_ACK",  "ATTACH",        "CANCEL",    "CANCEL_REPLY", "PROGRESS", "CREDIT",  "GRANTS",     "OUTCOMES",
    "OUTCOME_ACK", "RETURN",        "REVOKE",    "REVOKED",      "DRAIN",    "QUERY",   "REPLY",      "STARTED",
    "SIGNALS",     "CHILDREN_GONE", "REPORT",    "OPERATE",      "OPERATED", "COMMAND", "SCALE",      "SCALED",
    "LOGS",        "LOG_LIMITS",    "MOVED",     "INVITE",       "INVITED",  "ENROL",   "ENROLLED"};

using ReadBody = void (*)(Reader&, Message&);
template <std::size_t... I>
constexpr std::array<ReadBody, kAlternatives> readers_of(std::index_sequence<I...>) {
  return {+[](Reader& reader, Message& message) { reader.get(message.emplace<I>()); }...};
}
constexpr auto kReaders = readers_of(std::make_index_sequence<kAlternatives>{});

std::size_t alternative_of(std::uint8_t type) {
  std::size_t index = 0;
  while (index < kAlternatives && kTypeNumbers[index] != type) ++index;
  return index;
}

// WriteBuffer: the memory for the bytes of one message. A thread uses it again for its next one, unless it was huge.
class WriteBuffer {
 public:
  WriteBuffer() {
    constexpr std::size_t kKeep = 1024 * 1024;
    if (bytes_.capacity() > kKeep) bytes_ = {};
    bytes_.clear();
  }
  ByteBuffer& bytes() { return bytes_; }

 private:
  ByteBuffer own_;  // at the end of the thread
  struct Kept {
    ByteBuffer bytes;
  };
  Kept* kept_ = per_thread<Kept>();
  ByteBuffer& bytes_ = kept_ != nullptr ? kept_->bytes : own_;
};

void write(const Envelope& envelope, ByteBuffer& bytes, std::vector<Payload>& frames) {
  Writer writer{bytes, &frames};
  std::visit(
      [&](const auto& body) {
        writer.record(4, kTypeOf<std::decay_t<decltype(body)>>, envelope.header.session, envelope.header.seq, body);
      },
      envelope.message);
}

Failure failure(Errc code) { return {code, std::string{errc_text(code)}}; }

template <class T>
std::string encode_record(const T& value) {
  WriteBuffer buffer;
  Writer{buffer.bytes(), nullptr}.put(value);
  return std::string{buffer.bytes().view()};
}

template <class T>
Result<T> decode_record(std::string_view bytes) {
  Reader reader{bytes, {}};
  T value;
  reader.get(value);
  if (reader.error() != Errc::ok) return failure(reader.error());
  if (!reader.at_end()) return failure(Errc::malformed);
  return value;
}

}  // namespace

std::string_view type_name(const Message& message) { return kTypeNames[message.index()]; }

Encoded encode(const Envelope& envelope) {
  Encoded out;
  WriteBuffer buffer;
  write(envelope, buffer.bytes(), out.frames);
  out.envelope = buffer.bytes().view();
  return out;
}

bool encode_for(const Envelope& envelope, const UseEncoded& use) {
  std::vector<Payload> frames;
  WriteBuffer buffer;
  write(envelope, buffer.bytes(), frames);
  return use(buffer.bytes().view(), frames);
}

Result<Envelope> decode(std::string_view bytes, std::span<const Payload> frames) {
  if (bytes.size() > limits::kMaxEnvelope || frames.size() > limits::kMaxFrames)
    return failure(Errc::message_too_large);
  Reader reader{bytes, frames, per_thread<ReadBefore>()};
  const std::size_t elements = reader.open_array();
  if (elements < 4) return failure(Errc::malformed);
  Envelope envelope;
  std::uint8_t type = 0;
  reader.get(type);
  reader.get(envelope.header.session);
  reader.get(envelope.header.seq);
  if (reader.error() != Errc::ok) return failure(reader.error());
  const std::size_t index = alternative_of(type);
  if (index == kAlternatives)
    reader.skip();
  else
    kReaders[index](reader, envelope.message);
  for (std::size_t i = 4; i < elements; ++i) reader.skip();
  if (reader.error() == Errc::ok && !reader.at_end()) return failure(Errc::malformed);
  if (index == kAlternatives && reader.error() == Errc::ok)
    return Failure{Errc::unknown_message, "message type " + std::to_string(type)};
  if (reader.error() != Errc::ok) {
    const std::string name = index == kAlternatives ? std::string{} : std::string{kTypeNames[index]} + ": ";
    return Failure{reader.error(), name + std::string{errc_text(reader.error())}};
  }
  return envelope;
}

std::string encode_submission(const Submission& submission) { return encode_record(submission); }
Result<Submission> decode_submission(std::string_view bytes) { return decode_record<Submission>(bytes); }
std::string encode_outcome(const Outcome& outcome) { return encode_record(outcome); }
Result<Outcome> decode_outcome(std::string_view bytes) { return decode_record<Outcome>(bytes); }

}  // namespace forkmill::proto
