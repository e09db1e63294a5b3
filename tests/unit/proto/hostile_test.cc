// Bytes that are not messages: each gives an error, without a crash and without much memory.
#include <doctest/doctest.h>

#include <random>

#include "proto/wire/codec.h"
#include "tests/unit/proto/samples.h"

namespace hostile_test {

using namespace forkmill;
using namespace forkmill::proto;

TEST_CASE("five bytes that ask for four billion elements get an error") {
  for (const std::string_view bytes :
       {"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff"}) {
    CHECK(decode(bytes).code() == Errc::malformed);
  }
}

TEST_CASE("every truncation of every message is malformed") {
  for (const Message& message : samples::all()) {
    const std::string bytes = encode({{SessionId{1}, MessageSeq{2}}, message}).envelope;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      CAPTURE(type_name(message));
      CAPTURE(length);
      CHECK_FALSE(decode({bytes.data(), length}).ok());
    }
    CHECK(decode(bytes + "\xc0").code() == Errc::malformed);
  }
}

TEST_CASE("a flipped bit changes a value or gives an error") {
  for (const Message& message : samples::all()) {
    const std::string bytes = encode({{SessionId{1}, MessageSeq{2}}, message}).envelope;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      if (const auto decoded = decode(flipped); decoded.ok()) CHECK(decode(encode(decoded.value()).envelope).ok());
    }
  }
}

TEST_CASE("random bytes are refused") {
  std::mt19937_64 random{7};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    static_cast<void>(decode(bytes));
  }
}

TEST_CASE("nesting is bounded") { CHECK(decode(std::string(100'000, '\x91')).code() == Errc::malformed); }

TEST_CASE("a type of a newer peer is unknown, and not malformed") {
  CHECK(decode("\x94\x7f\x01\x02\x90").code() == Errc::unknown_message);
  CHECK(decode("\x94\xcd\x01\x00\x01\x02\x90").code() == Errc::malformed);  // a type has 8 bits
}

TEST_CASE("fields over their limits are refused") {
  const Submission long_name = samples::submission(std::string(limits::kMaxName + 1, 'q'), "t");
  CHECK(decode(encode({{}, Submit{{long_name}}}).envelope).code() == Errc::message_too_large);
  ResultAck many;
  for (std::size_t i = 0; i <= limits::kMaxRecords; ++i) many.messages.push_back(MessageSeq{1});
  CHECK(decode(encode({{}, many}).envelope).code() == Errc::message_too_large);
  CHECK(decode(std::string(limits::kMaxEnvelope + 1, 'x')).code() == Errc::message_too_large);
}

TEST_CASE("a payload in a missing frame is malformed") {
  Submit submit;
  submit.tasks.resize(1);
  submit.tasks[0].payload = Payload::copy(std::string(limits::kInlinePayload, 'x'));
  CHECK(decode(encode({{}, submit}).envelope).code() == Errc::malformed);
}

TEST_CASE("a frame is one payload at most, and payloads refer to their frames in order") {
  Submit submit;
  submit.tasks.resize(2);
  for (Submission& task : submit.tasks) task.payload = Payload::copy(std::string(limits::kInlinePayload, 'x'));
  Encoded sent = encode({{}, submit});
  REQUIRE(sent.frames.size() == 2);
  REQUIRE(sent.envelope.back() == 1);  // the number of the second frame
  CHECK(decode(sent.envelope, sent.frames).ok());
  sent.envelope.back() = 0;
  CHECK(decode(sent.envelope, sent.frames).code() == Errc::malformed);
  // The one between them may belong to a field that only a newer peer knows.
  sent.envelope.back() = 2;
  sent.frames.push_back(sent.frames.back());
  CHECK(decode(sent.envelope, sent.frames).ok());
}

TEST_CASE("an enumeration outside its range is malformed, and a new error code is unknown") {
  const auto decoded = decode("\x94\x04\x01\x02\x92\xcd\x7f\xff\xa0");  // GOODBYE [32767, ""]
  REQUIRE(decoded.ok());
  CHECK(std::get<Goodbye>(decoded->message).code == Errc::unknown);
  Hello hello;
  hello.role = static_cast<Role>(3);
  CHECK(decode(encode({{}, hello}).envelope).code() == Errc::malformed);
}

TEST_CASE("0 is no number of an enumeration, except of Durability") {
  Operate operate;
  operate.operations.resize(1);
  operate.operations[0].spec = ObjectSpec{.name = "o", .kind = static_cast<ObjectKind>(0)};
  CHECK(decode(encode({{}, operate}).envelope).code() == Errc::malformed);
  operate.operations[0].spec->kind = ObjectKind::lock;
  CHECK(decode(encode({{}, operate}).envelope).ok());
  operate.operations[0].verb = static_cast<Verb>(0);
  CHECK(decode(encode({{}, operate}).envelope).code() == Errc::malformed);
  Hello hello;
  hello.role = static_cast<Role>(0);
  CHECK(decode(encode({{}, hello}).envelope).code() == Errc::malformed);
  CHECK(decode(encode({{}, Submit{{Submission{}}}}).envelope).ok());  // Durability::of_queue
}

}  // namespace hostile_test
