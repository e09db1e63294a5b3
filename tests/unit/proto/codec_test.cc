#include "proto/wire/codec.h"

#include <doctest/doctest.h>

#include <map>
#include <msgpack.hpp>

#include "tests/unit/proto/samples.h"

namespace codec_test {

using namespace forkmill;
using namespace forkmill::proto;

TEST_CASE("every message survives encoding and decoding") {
  const auto messages = samples::all();
  CHECK(messages.size() == std::variant_size_v<AnyMessage>);
  for (const Message& message : messages) {
    CAPTURE(type_name(message));
    const Envelope envelope{{SessionId{0xFFFF'FFFF'FFFF'FFFF}, MessageSeq{42}}, message};
    const Encoded encoded = encode(envelope);
    CHECK(encoded.frames.empty());
    const auto decoded = decode(encoded.envelope);
    REQUIRE(decoded.ok());
    CHECK(decoded.value() == envelope);
  }
}

TEST_CASE("a large payload is its own frame, and decoding does not copy it") {
  const std::string big(limits::kInlinePayload, 'x');
  const std::string small(limits::kInlinePayload - 1, 'y');
  Submit submit;
  submit.tasks.resize(2);
  submit.tasks[0].payload = Payload::copy(big);
  submit.tasks[1].payload = Payload::copy(small);
  const Encoded encoded = encode({{}, submit});
  REQUIRE(encoded.frames.size() == 1);
  CHECK(encoded.frames[0].view().data() == submit.tasks[0].payload.view().data());
  const auto decoded = decode(encoded.envelope, encoded.frames);
  REQUIRE(decoded.ok());
  const auto& tasks = std::get<Submit>(decoded->message).tasks;
  CHECK(tasks[0].payload.view().data() == encoded.frames[0].view().data());
  CHECK(tasks[1].payload.view() == small);
}

TEST_CASE("options with default values are not sent") {
  Submission submission = samples::submission("q", "t");
  const auto bare = encode_submission(submission).size();
  submission.edit().options.priority = 1;
  CHECK(encode_submission(submission).size() == bare + 2);
}

TEST_CASE("tasks of several specs in one message keep their own, however short they are") {
  auto plain = std::make_shared<TaskSpec>();
  plain->queue = plain->name = "q";
  auto labelled = std::make_shared<TaskSpec>(*plain);
  labelled->options.label = std::string(40, 'l');
  auto traced = std::make_shared<TaskSpec>(*plain);
  traced->options.headers = {{"a", "1"}, {"b", ""}};
  const SharedSpec specs[] = {plain, plain, labelled, traced, plain, traced, labelled, labelled, traced, traced, plain};
  Grants grants;
  Submit submit;
  std::uint64_t seq = 0;
  for (const SharedSpec& spec : specs) {
    grants.tasks.push_back({{Epoch{1}, TaskSeq{++seq}, Attempt{1}}, samples::id(seq), spec, {}, 0});
    submit.tasks.push_back({samples::id(seq), spec, {}});
  }
  for (const Message& message : {Message{grants}, Message{submit}}) {
    const auto decoded = decode(encode({{}, message}).envelope);
    REQUIRE(decoded.ok());
    CHECK(decoded->message == message);
  }
}

TEST_CASE("stored records survive encoding and decoding") {
  for (const Message& message : samples::all()) {
    if (const auto* submit = std::get_if<Submit>(&message)) {
      for (const auto& one : submit->tasks) CHECK(decode_submission(encode_submission(one)).value() == one);
    }
    if (const auto* results = std::get_if<Results>(&message)) {
      for (const auto& one : results->results)
        CHECK(decode_outcome(encode_outcome(one.outcome)).value() == one.outcome);
    }
  }
}

TEST_CASE("unknown trailing fields and options of a newer peer are skipped") {
  // HEARTBEAT [running, waiting, signals_heard] with a nested fourth field, and a fifth element of the envelope.
  std::string bytes;
  struct Sink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
  } sink{bytes};
  msgpack::packer<Sink> pack{sink};
  pack.pack_array(5);
  pack.pack(3);
  pack.pack(7);
  pack.pack(8);
  pack.pack_array(4);
  pack.pack(1);
  pack.pack(2);
  pack.pack(3);
  pack.pack(std::vector<std::vector<int>>{{1, 2}, {3}});
  pack.pack(std::map<std::string, int>{{"later", 1}});
  const auto decoded = decode(bytes);
  REQUIRE(decoded.ok());
  CHECK(decoded->header.session == SessionId{7});
  CHECK(std::get<Heartbeat>(decoded->message) == Heartbeat{1, 2, 3});
}

TEST_CASE("every command survives encoding and decoding") {
  TaskFilter of_mail;
  of_mail.queue = "mail";
  of_mail.arguments = "@example.org";
  const std::vector<AnyCommand> commands{RetryDeadLetter{"0190", samples::id(1)},
                                         DropDeadLetter{"0190"},
                                         WriteBackup{"/backups/one"},
                                         SendSignal{"0190", 15},
                                         RemoveObject{"jobs"},
                                         ReleaseObject{"jobs"},
                                         PauseQueue{"mail"},
                                         ResumeQueue{"mail"},
                                         PauseName{"mail.send"},
                                         ResumeName{"mail.send"},
                                         LimitQueue{"mail", true, 1, 2, 3},
                                         SteerWorkers{WorkerAction::scale, "w1", "host", 4},
                                         ChangeTasks{.id = samples::id(1),
                                                     .action = TaskAction::reprioritise,
                                                     .filter = of_mail,
                                                     .dry_run = true,
                                                     .running = true,
                                                     .queue = "slow",
                                                     .priority = -100},
                                         MoveShard{3, "tcp://b:7117"},
                                         DrainBroker{"tcp://b:7117", true},
                                         RetryEdited{"0190", samples::id(1), Payload::copy("\x91\x05"), "five"}};
  for (const auto& command : commands) {
    const Envelope envelope{{SessionId{1}, MessageSeq{2}}, Command{3, command}};
    const auto decoded = decode(encode(envelope).envelope);
    REQUIRE(decoded.ok());
    CHECK(decoded.value() == envelope);
  }
}

TEST_CASE("a query and a command of a newer client arrive with their numbers") {
  const auto query = decode("\x94\x30\x01\x02\x93\x07\x63\xa0");  // QUERY [7, 99, ""]
  REQUIRE(query.ok());
  CHECK(std::get<Query>(query->message).kind == static_cast<QueryKind>(99));
  const auto command =
      decode("\x94\x32\x01\x02\x93\x07\xcc\xc8\x92\x01\x81\xa1x\x02");  // COMMAND [7, 200, [1, {"x": 2}]]
  REQUIRE(command.ok());
  CHECK(std::get<Command>(command->message) == Command{7, UnknownCommand{200}});
}

TEST_CASE("fractions that are whole numbers survive, negative ones too") {
  for (const double fraction : {0.0, 1.0, -1.0, -507904.0, 0.25, 1e300}) {
    const Envelope envelope{{}, Progress{{{samples::id(1), samples::grant(1), fraction, ""}}}};
    const auto decoded = decode(encode(envelope).envelope);
    REQUIRE(decoded.ok());
    CHECK(decoded.value() == envelope);
  }
}

}  // namespace codec_test
