// Peers without a session: what they send, hold open or leave half done costs the broker little and others nothing.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "tests/e2e/security/besieged.h"

namespace strangers_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE("connections that are reset while much of what they sent is unread do not end the broker") {
  Besieged broker;
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += zmtp_frame("x") + (i % 8 == 0 ? zmtp_ping() : "");
  for (int round = 0; round < 3; ++round) {
    std::deque<RawPeer> peers;
    for (int i = 0; i < 20; ++i) REQUIRE(peers.emplace_back(broker.tcp()).greet());
    // Until each of them has sent 8 MiB, or the broker takes no more.
    for (int part = 0; part < 100; ++part)
      for (RawPeer& peer : peers) peer.send_some(flood);
    for (RawPeer& peer : peers) peer.reset();
  }
  // ZeroMQ's own heartbeats, if it had any, would be due within this time.
  CHECK_FALSE(eventually([&] { return !exists(broker.pid()); }, 7s));
  CHECK(broker.serves());
  CHECK(broker.stop() == 0);
}

TEST_CASE("a message that never ends is cut off before it has cost much memory") {
  Besieged broker;
  const std::size_t before = broker.resident_mib();
  for (const std::string& endpoint : {broker.tcp(), broker.ipc()}) {
    for (const std::size_t frame : {std::size_t{1}, std::size_t{1} << 20}) {
      CAPTURE(endpoint);
      CAPTURE(frame);
      RawPeer peer{endpoint};
      REQUIRE(peer.greet());
      std::string part;
      while (part.size() < 64 * 1024) part += zmtp_frame(std::string(frame, 'x'), kMore);
      bool taken = true;
      for (std::size_t sent = 0; taken && sent < (std::size_t{512} << 20); sent += part.size()) taken = peer.send(part);
      CHECK_FALSE(taken);
    }
  }
  CHECK(broker.resident_mib() < before + Besieged::kLittleMemory);
  CHECK(broker.serves());
}

TEST_CASE("peers that never say HELLO are cut, and leave room for others") {
  Besieged broker{{"--memory"}, 100};
  std::deque<RawPeer> silent;
  for (int i = 0; i < 150; ++i) silent.emplace_back(broker.tcp());
  CHECK(broker.serves());
  for (int i = 0; i < 150; ++i)
    if (!silent.emplace_back(broker.tcp()).greet()) silent.pop_back();
  CHECK(broker.serves());
  RawPeer last{broker.ipc()};
  REQUIRE(last.greet());
  CHECK(last.ended_within(30s));
  CHECK(broker.serves());
}

TEST_CASE("SIGTERM ends the broker while peers send without a pause, and the flood fills no log") {
  Besieged broker;
  const std::string flood = [] {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += zmtp_frame("nonsense");
    return bytes;
  }();
  const auto attack = [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      RawPeer peer{broker.tcp()};
      if (peer.greet())
        while (!stop.stop_requested() && peer.send(flood, 100ms)) continue;
    }
  };
  const auto began = std::chrono::steady_clock::now();
  {
    std::jthread one{attack};
    std::jthread another{attack};
    CHECK(eventually([&] { return broker.log().find("similar lines omitted") != std::string::npos; }));
    CHECK(broker.serves());
    one.request_stop();
    another.request_stop();
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
  CHECK(broker.log_lines() < static_cast<std::size_t>(10 * (seconds + 2)));
  RawPeer peer{broker.tcp()};
  REQUIRE(peer.greet());
  std::jthread last{[&](const std::stop_token& stop) {
    while (!stop.stop_requested() && peer.send(flood, 100ms)) continue;
  }};
  CHECK(broker.stop() == 0);
}

TEST_CASE("a broker whose log goes into a full pipe that has no reader serves, and ends") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const proto::Descriptor reader{ends[0]};
  const proto::Descriptor writer{ends[1]};
  // Filled, so that the first line of the broker finds no room.
  const std::string filling(4096, '-');
  REQUIRE(::fcntl(writer.get(), F_SETFL, O_NONBLOCK) == 0);
  while (::write(writer.get(), filling.data(), filling.size()) > 0) continue;
  REQUIRE(::fcntl(writer.get(), F_SETFL, 0) == 0);
  Besieged broker{{"--memory"}, 0, writer.get()};
  for (int i = 0; i < 20; ++i) {
    RawPeer peer{broker.tcp()};
    REQUIRE(peer.greet());
    for (int n = 0; n < 100; ++n) REQUIRE(peer.send(zmtp_frame("nonsense")));
    CHECK_FALSE(peer.receive_frame().empty());  // an ERROR
  }
  CHECK(broker.serves());
  CHECK(broker.stop() == 0);
}

TEST_CASE("a program that listens on the path of a live broker is refused, and the broker keeps its peers") {
  const Besieged broker;
  const std::string line =
      std::string{"timeout 60 "} + FORKMILL_BROKER_PROGRAM + " --memory --listen " + broker.ipc() + " 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> second{::popen(line.c_str(), "r"), ::pclose};
  REQUIRE(second != nullptr);
  std::string said;
  for (int one = std::fgetc(second.get()); one != EOF; one = std::fgetc(second.get())) said += static_cast<char>(one);
  CHECK_MESSAGE(said.find("listens there already") != std::string::npos, said);
  CHECK(broker.serves());
}

TEST_CASE("peers of earlier versions of ZMTP, and of none, are cut at once") {
  Besieged broker;
  for (const std::string& greeting : {std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string{"\1\0", 2},
                                      std::string{"\xFF\0\0\0\0\0\0\0\1\x7F\1\5", 12}}) {
    RawPeer peer{broker.tcp()};
    peer.send(greeting);
    CHECK(peer.ended_within(20s));
  }
  CHECK(broker.serves());
}

}  // namespace strangers_test
