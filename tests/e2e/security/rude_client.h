// A client that speaks the protocol by hand over a plain socket, and keeps to no limit: it reads only what a
// test asks for. Not for endpoints with keys.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/wire/codec.h"
#include "tests/e2e/security/raw_peer.h"

namespace forkmill::tests {

class RudeClient {
 public:
  explicit RudeClient(const std::string& endpoint) : peer_{endpoint} {
    REQUIRE(peer_.greet());
    proto::Hello hello;
    hello.name = "rude";
    hello.instance = 77;
    send(hello);
    session_ = std::get<proto::Welcome>(receive()).session;
  }
  // Returns false if the broker takes nothing any more.
  bool send(proto::Message message) {
    const proto::Encoded encoded = encode(std::move(message));
    std::vector<std::string_view> frames;
    for (const auto& frame : encoded.frames) frames.push_back(frame.view());
    return send(encoded.envelope, frames);
  }
  bool send(std::string_view envelope, const std::vector<std::string_view>& frames) {
    std::string bytes = zmtp_frame(envelope, !frames.empty());
    for (std::size_t i = 0; i < frames.size(); ++i) bytes += zmtp_frame(frames[i], i + 1 < frames.size());
    return peer_.send(bytes);
  }
  // Returns the next message that the broker has sent.
  proto::Message receive() {
    auto answer = proto::decode(peer_.receive_frame());
    REQUIRE(answer.ok());
    return std::move(answer->message);
  }
  // Returns the next message of the session as bytes, for a test that changes them.
  proto::Encoded encode(proto::Message message) {
    seq_ = session_ ? seq_.next() : seq_;
    return proto::encode({{session_, seq_}, std::move(message)});
  }

 private:
  RawPeer peer_;
  proto::SessionId session_;
  proto::MessageSeq seq_;
};

inline TaskId task_id(std::uint64_t n) { return TaskId::make(1'700'000'000'000, n >> 32, n); }

inline proto::Submission submission(std::uint64_t n, std::string queue, std::string name,
                                    proto::TaskOptions options = {}, std::string_view arguments = "arguments") {
  auto spec = std::make_shared<const proto::TaskSpec>(
      proto::TaskSpec{std::move(queue), std::move(name), 0, std::move(options)});
  return {task_id(n), std::move(spec), proto::Payload::copy(arguments)};
}

// Options of tasks that end with the session of their client, so that nothing of a flood stays.
inline proto::TaskOptions passing() {
  proto::TaskOptions options;
  options.durability = proto::Durability::memory;
  options.daemon = true;
  return options;
}

}  // namespace forkmill::tests
