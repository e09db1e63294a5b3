// Peers with a session that keep to no limit: the broker's memory stays small, and others are served.
#include <doctest/doctest.h>

#include "proto/wire/codec.h"
#include "tests/e2e/security/besieged.h"

namespace sessions_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

// A client that speaks the protocol by hand.
class RudeClient {
 public:
  explicit RudeClient(const std::string& endpoint) : peer_{endpoint} {
    REQUIRE(peer_.greet());
    proto::Hello hello;
    hello.name = "rude";
    hello.instance = 77;
    send(hello);
    const auto answer = proto::decode(peer_.receive_frame());
    REQUIRE(answer.ok());
    session_ = std::get<proto::Welcome>(answer->message).session;
  }
  bool send(proto::Message message) {
    seq_ = session_ ? seq_.next() : seq_;
    auto encoded = proto::encode({{session_, seq_}, std::move(message)});
    std::string bytes = zmtp_frame(encoded.envelope, !encoded.frames.empty());
    for (std::size_t i = 0; i < encoded.frames.size(); ++i)
      bytes += zmtp_frame(encoded.frames[i].view(), i + 1 < encoded.frames.size());
    return peer_.send(bytes);
  }

 private:
  RawPeer peer_;
  proto::SessionId session_;
  proto::MessageSeq seq_;
};

TaskId task_id(std::uint64_t n) { return TaskId::make(1'700'000'000'000, n >> 32, n); }

proto::Submission submission(std::uint64_t n, std::string queue, std::string name) {
  auto spec = std::make_shared<const proto::TaskSpec>(proto::TaskSpec{std::move(queue), std::move(name), 0, {}});
  return {task_id(n), std::move(spec), proto::Payload::copy("arguments")};
}

}  // namespace

TEST_CASE("a client that asks much and never reads the answers is cut, and costs little memory" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker;
  RudeClient rude{broker.ipc()};
  proto::Submit submit;
  for (std::uint64_t n = 1; n <= 9000; ++n)
    submit.tasks.push_back(submission(n, "queue-with-a-long-name-" + std::to_string(n), "t.x"));
  REQUIRE(rude.send(submit));
  const std::size_t before = broker.resident_mib();
  bool taken = true;
  for (std::uint64_t id = 1; taken && id <= 1000; ++id)
    taken = rude.send(proto::Query{id, proto::QueryKind::queues, "", {}});
  CHECK(broker.serves());
  // Until all that were taken are answered, or the client was cut.
  CHECK(eventually([&] { return !rude.send(proto::Heartbeat{}); }, 60s));
  CHECK(broker.resident_mib() < before + Besieged::kLittleMemory);
  CHECK(broker.serves());
}

TEST_CASE("a client that never reads results is cut before they take much memory, and others are served" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker;
  RudeClient rude{broker.ipc()};
  proto::Attach unknown;
  for (std::uint64_t n = 1; n <= proto::limits::kMaxRecords; ++n) unknown.ids.push_back(TaskId::make(0, 1, n));
  [[maybe_unused]] const std::size_t before = broker.resident_mib();
  bool taken = true;
  for (int i = 0; taken && i < 2000; ++i) taken = rude.send(unknown);
  CHECK(broker.serves());
  CHECK(eventually([&] { return !rude.send(proto::Heartbeat{}); }, 60s));
#ifndef __SANITIZE_ADDRESS__  // the memory that it puts around each of many small blocks is more than theirs
  constexpr std::size_t kMaxUnread = 512;  // MiB: envelopes that wait, with the memory around them
  CHECK(broker.resident_mib() < before + kMaxUnread + Besieged::kLittleMemory);
#endif
  CHECK(broker.serves());
}

TEST_CASE("names that no worker has, and floods of queries, do not stop the others" *
          doctest::skip(Besieged::kIsSlow)) {
  Besieged broker;
  RudeClient rude{broker.ipc()};
  for (std::uint64_t from = 1; from <= 60'000; from += 10'000) {
    proto::Submit submit;
    for (std::uint64_t n = from; n < from + 10'000; ++n)
      submit.tasks.push_back(submission(n, "probe", "t.unknown" + std::to_string(n)));
    REQUIRE(rude.send(submit));
  }
  CHECK(broker.serves());
  for (std::uint64_t id = 1; id <= 2000; ++id)
    if (!rude.send(proto::Query{id, proto::QueryKind::task, "ffffffff", {}})) break;
  CHECK(broker.serves());
  CHECK(broker.stop() == 0);
}

}  // namespace sessions_test
