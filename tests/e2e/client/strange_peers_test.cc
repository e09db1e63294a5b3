// Peers that are connected properly and talk nonsense: to a broker, and as a broker to a client.
#include <zmq.h>

#include <functional>
#include <optional>
#include <random>

#include "proto/wire/codec.h"
#include "tests/e2e/client/rig.h"

namespace strange_peers_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

using Frames = std::vector<std::string>;

// A ZeroMQ socket without any manners.
class RawSocket {
 public:
  explicit RawSocket(int type) : context_{::zmq_ctx_new()}, socket_{::zmq_socket(context_, type)} {
    const int linger = 0;
    ::zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
    const int patience = 60'000;
    ::zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawSocket() {
    ::zmq_close(socket_);
    ::zmq_ctx_term(context_);
  }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void connect(const std::string& endpoint) { REQUIRE(::zmq_connect(socket_, endpoint.c_str()) == 0); }
  void bind(const std::string& endpoint) { REQUIRE(::zmq_bind(socket_, endpoint.c_str()) == 0); }

  void send(const Frames& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      ::zmq_send(socket_, frames[i].data(), frames[i].size(), i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
  }
  Frames receive() {
    Frames frames;
    int more = 1;
    while (more != 0) {
      zmq_msg_t message;
      ::zmq_msg_init(&message);
      if (::zmq_msg_recv(&message, socket_, 0) < 0) return {};
      frames.emplace_back(static_cast<const char*>(::zmq_msg_data(&message)), ::zmq_msg_size(&message));
      more = ::zmq_msg_more(&message);
      ::zmq_msg_close(&message);
    }
    return frames;
  }

 private:
  void* context_;
  void* socket_;
};

std::string bytes_of(const proto::Envelope& envelope) { return proto::encode(envelope).envelope; }

// Malformed messages of every kind: empty, random, truncated, with unannounced frames, of types from the
// future.
std::vector<Frames> nonsense() {
  std::vector<Frames> all{{""}, {"", ""}, {"\xC1"}, {"GET / HTTP/1.0\r\n\r\n"}, {std::string("\xDD\xFF\xFF\xFF\xFF")}};
  std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): the same in every run
  for (int i = 0; i < 50; ++i) {
    std::string noise(random() % 200, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    all.push_back({std::move(noise)});
  }
  proto::Hello hello;
  hello.name = "half";
  proto::Welcome welcome;
  welcome.nonce = 1;
  welcome.store = "half";
  for (const auto& whole : {bytes_of({{}, hello}), bytes_of({{}, welcome})}) {
    for (std::size_t length = 0; length < whole.size(); length += 3) all.push_back({whole.substr(0, length)});
    all.push_back({whole, "a frame that nothing refers to"});
  }
  all.push_back({std::string{"\x94\x7F\x00\x00\x90", 5}});
  return all;
}

}  // namespace

TEST_CASE_FIXTURE(Rig, "a broker answers malformed messages with an error, and no other peer is affected") {
  RawSocket rude{ZMQ_DEALER};
  rude.connect(broker.endpoint());
  std::vector<Future<double>> futures;
  int sum = 0;
  for (const auto& frames : nonsense()) {
    rude.send(frames);
    futures.push_back(client.submit(kAdd, ++sum, 1));
  }
  const auto answer = rude.receive();
  REQUIRE(answer.size() == 1);
  const auto decoded = proto::decode(answer[0]);
  REQUIRE(decoded.ok());
  const auto* error = std::get_if<proto::ErrorMessage>(&decoded->message);
  REQUIRE(error != nullptr);
  CHECK(error->code == Errc::malformed);
  CHECK_FALSE(error->text.empty());
  sum = 0;
  for (auto& future : futures) CHECK(future.get_for(60s) == ++sum + 1);
}

TEST_CASE_FIXTURE(Rig, "a peer of another protocol version is told the supported versions") {
  RawSocket newer{ZMQ_DEALER};
  newer.connect(broker.endpoint());
  proto::Hello hello;
  hello.protocol_min = 1000;
  hello.protocol_max = 1001;
  hello.name = "newer";
  newer.send({bytes_of({{}, hello})});
  const auto answer = newer.receive();
  REQUIRE(answer.size() == 1);
  const auto decoded = proto::decode(answer[0]);
  REQUIRE(decoded.ok());
  const auto* error = std::get_if<proto::ErrorMessage>(&decoded->message);
  REQUIRE(error != nullptr);
  CHECK(error->code == Errc::version_unsupported);
  CHECK_FALSE(error->text.empty());
  CHECK(client.submit(kAdd, 1, 1).get_for(60s) == 2);
}

TEST_CASE("a client keeps its futures while a broker sends malformed messages") {
  const std::string endpoint = "ipc://@forkmill-strange-" + std::to_string(::getpid());
  RawSocket strange{ZMQ_ROUTER};
  strange.bind(endpoint);
  Client client{endpoint};
  auto future = client.submit(kEcho, "kept");

  const auto arrived = strange.receive();
  REQUIRE(arrived.size() == 2);
  for (auto frames : nonsense()) {
    frames.insert(frames.begin(), arrived[0]);
    strange.send(frames);
  }
  const auto hello = proto::decode(arrived[1]);
  REQUIRE(hello.ok());
  proto::Welcome welcome;
  welcome.protocol = 1;
  welcome.nonce = std::get<proto::Hello>(hello->message).nonce;
  welcome.session = proto::SessionId{5};
  welcome.heartbeat = 10s;
  welcome.session_timeout = 60s;
  welcome.window_tasks = 10;
  welcome.window_bytes = 1'000'000;
  strange.send({arrived[0], bytes_of({{}, welcome})});

  const auto submitted = strange.receive();
  REQUIRE(submitted.size() == 2);
  const auto submit = proto::decode(submitted[1]);
  REQUIRE(submit.ok());
  proto::Outcome outcome;
  outcome.value = proto::Payload::own(pack_value(std::string{"kept"}));
  const auto& task = std::get<proto::Submit>(submit->message).tasks.at(0);
  strange.send(
      {arrived[0], bytes_of({{proto::SessionId{5}, proto::MessageSeq{1}}, proto::Results{{{task.id, outcome}}}})});
  CHECK(future.get_for(60s) == "kept");
}

TEST_CASE("futures end with the reason when the broker has another protocol version") {
  const std::string endpoint = "ipc://@forkmill-strange-" + std::to_string(::getpid());
  RawSocket other{ZMQ_ROUTER};
  other.bind(endpoint);
  Client client{endpoint};
  auto future = client.submit(kEcho, "x");
  const auto arrived = other.receive();
  REQUIRE(arrived.size() == 2);
  const proto::ErrorMessage error{{}, Errc::version_unsupported, "this broker speaks 7 to 9"};
  other.send({arrived[0], bytes_of({{}, error})});
  try {
    future.get_for(60s);
    FAIL("it has a result");
  } catch (const Disconnected& end) {
    CHECK(end.code() == Errc::version_unsupported);
    CHECK(std::string{end.what()}.find("this broker speaks 7 to 9") != std::string::npos);
  }
}

}  // namespace strange_peers_test
