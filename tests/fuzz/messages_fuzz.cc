// Encodes and decodes messages of every type, made from the schema: whole ones, and ones whose bytes and frames were
// changed.
#include "tests/fuzz/filler.h"
#include "tests/fuzz/round_trip.h"

namespace {

using namespace forkmill;
using namespace forkmill::proto;
using fuzz::Feed;

// Damages a message as a broken or hostile peer would. The message is refused or read; a message that was read is read
// the same after it was encoded again.
void damaged(Feed& feed, const Envelope& envelope) {
  Encoded sent = encode(envelope);
  for (std::size_t changes = feed.below(4); changes > 0 && !sent.envelope.empty(); --changes) {
    const std::size_t at = feed.number() % sent.envelope.size();
    switch (feed.below(3)) {
      case 0:
        sent.envelope[at] = static_cast<char>(feed.byte());
        break;
      case 1:
        sent.envelope.erase(at, feed.byte());
        break;
      default:
        sent.envelope.insert(at, feed.bytes(16));
    }
  }
  if (feed.flag() && !sent.frames.empty()) sent.frames.pop_back();
  if (feed.flag()) sent.frames.push_back(Payload::copy("one more"));
  const auto read = decode(sent.envelope, sent.frames);
  if (!read.ok()) return;
  const Encoded again = encode(read.value());
  const auto read_again = decode(again.envelope, again.frames);
  // The comparison is of bytes, because NaN is not equal to itself.
  fuzz::require(read_again.ok() && encode(read_again.value()).envelope == again.envelope,
                "a message that was decoded is the same after another turn", std::string{type_name(read->message)});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Feed feed{data, size};
  const fuzz::Palette palette;
  Envelope envelope{{SessionId{feed.number()}, MessageSeq{feed.number()}}, fuzz::make_message(feed, palette)};
  fuzz::round_trip(envelope);
  damaged(feed, envelope);
  return 0;
}
