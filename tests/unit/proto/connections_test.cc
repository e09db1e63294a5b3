// Limits of the broker's connections: what they may send, and how many there may be.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>
#include <utility>

#include "proto/os/descriptor.h"
#include "proto/transport/connection_table.h"

namespace connections_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

std::span<const unsigned char> bytes(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string greeting(const std::string& mechanism = "NULL") {
  std::string all{"\xFF\0\0\0\0\0\0\0\1\x7F\3\1", 12};
  all += mechanism;
  all.resize(64, '\0');
  return all;
}

std::string frame(std::string_view content, char flags = 0) {
  return std::string{flags, static_cast<char>(content.size())} + std::string{content};
}

// The end of a connection that the table would shut down.
class Socket {
 public:
  Socket() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    ours_ = Descriptor{ends[0]};
    theirs_ = Descriptor{ends[1]};
  }
  int fd() const { return ours_.get(); }
  bool is_cut() const {
    char byte = 0;
    return ::recv(theirs_.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  Descriptor ours_;
  Descriptor theirs_;
};

}  // namespace

TEST_CASE("a meter counts frames of messages, however their bytes arrive") {
  const std::string stream =
      greeting() + frame("READY", 4) + frame("head", 1) + frame(std::string(200, 'x')) + frame("next");
  for (const std::size_t step : {1UL, 3UL, 1000UL}) {
    FrameMeter meter;
    for (std::size_t at = 0; at < stream.size(); at += step)
      REQUIRE(meter.follow(bytes(std::string_view{stream}.substr(at, step))));
    CHECK(meter.cost() == FrameMeter::cost_of(4) + FrameMeter::cost_of(200) + FrameMeter::cost_of(4));
  }
}

TEST_CASE("a meter refuses other protocols, endless messages and frames beyond any limit") {
  CHECK_FALSE(FrameMeter{}.follow(bytes("GET / HTTP/1.1")));
  CHECK_FALSE(FrameMeter{}.follow(bytes(std::string_view{"\xFF\0\0\0\0\0\0\0\1\x7F\1", 11})));
  FrameMeter endless;
  CHECK(endless.follow(bytes(greeting())));
  std::uint32_t frames = 0;
  while (endless.follow(bytes(frame("x", 1)))) ++frames;
  CHECK(frames == FrameMeter::kMaxMessageFrames);
  FrameMeter huge;
  CHECK_FALSE(huge.follow(bytes(greeting() + std::string{"\2\0\0\1\0\0\0\0\0", 9})));
}

TEST_CASE("what CURVE adds to a frame is not counted") {
  FrameMeter meter;
  CHECK(meter.follow(bytes(greeting("CURVE") + frame(std::string(40, 'x')))));
  CHECK(meter.cost() == FrameMeter::cost_of(7));
}

TEST_CASE("a connection without a session ends when its time is over, and again when it has lost its session") {
  ConnectionTable table{{}};
  const Socket quick;
  const Socket slow;
  REQUIRE(table.accepted(quick.fd(), "10.0.0.1", 0s));
  REQUIRE(table.accepted(slow.fd(), "10.0.0.1", 0s));
  const auto place = table.bind(quick.fd(), PeerId{7});
  table.welcome(place);
  CHECK(table.strangers() == 1);
  bool has_session = true;
  const auto ask = [&](PeerId peer) { return has_session && peer == PeerId{7}; };
  for (Instant now = 1s; now <= 11s; now += 1s) table.sweep(now, ask, true);
  CHECK(slow.is_cut());
  CHECK_FALSE(quick.is_cut());
  has_session = false;
  for (Instant now = 12s; now <= 23s; now += 1s) table.sweep(now, ask, true);
  CHECK(quick.is_cut());
  table.closed(quick.fd());
  table.closed(slow.fd());
  CHECK(table.connections() == 0);
  CHECK_FALSE(table.is_open(place));
}

TEST_CASE("after a pause of the broker, connections without a session get their whole time") {
  ConnectionTable table{{}};
  const Socket one;
  REQUIRE(table.accepted(one.fd(), "", 0s));
  table.sweep(
      60s, [](PeerId) { return false; }, true);
  CHECK_FALSE(one.is_cut());
}

TEST_CASE("of too many connections without a session, the oldest of the same address ends") {
  ConnectionLimits limits;
  limits.connections = 16;  // 4 strangers of one address
  ConnectionTable table{limits};
  std::deque<Socket> sockets(5);
  const Socket other;
  REQUIRE(table.accepted(other.fd(), "10.0.0.2", 0s));
  for (std::size_t i = 0; i < sockets.size(); ++i)
    REQUIRE(table.accepted(sockets[i].fd(), "10.0.0.1", Instant{1s} + i * Instant{1s}));
  CHECK(sockets[0].is_cut());
  CHECK_FALSE(sockets[1].is_cut());
  CHECK_FALSE(other.is_cut());
}

TEST_CASE("a peer is known to be one whose connection was ended, also when the next one has its descriptor") {
  ConnectionTable table{{}};
  Socket first;
  Socket second;
  REQUIRE(table.accepted(first.fd(), "a", 1s));
  REQUIRE(table.accepted(second.fd(), "a", 1s));
  const ConnectionTable::Place of_first = table.bind(first.fd(), PeerId{1});
  const ConnectionTable::Place of_second = table.bind(second.fd(), PeerId{2});
  CHECK_FALSE(of_first.has_ended());
  table.cut(of_first);
  table.closed(first.fd());
  table.closed(second.fd());  // its peer has closed it: what it has sent is still wanted
  for (const Socket* one : {&first, &second}) REQUIRE(table.accepted(one->fd(), "a", 1s));
  CHECK(of_first.has_ended());
  CHECK_FALSE(of_second.has_ended());
  CHECK_FALSE(table.bind(first.fd(), PeerId{3}).has_ended());
  CHECK_FALSE(ConnectionTable::Place{}.has_ended());
}

TEST_CASE("what waits may take a quarter of the memory of the process") {
  CHECK(ConnectionLimits::for_process(1024, 1024ULL << 20).total_cost == 256ULL << 20);
  CHECK(ConnectionLimits::for_process(1024, 64ULL << 30).total_cost == ConnectionLimits{}.total_cost);
}

TEST_CASE("the largest payload arrives at a process with little memory, while others send as well") {
  ConnectionTable table{ConnectionLimits::for_process(1024, 96ULL << 20)};
  // The beginning of a frame of `units` times 16 MiB.
  const auto large_frame = [](char units) { return std::string{"\2\0\0\0\0", 5} + units + std::string(3, '\0'); };
  static_assert(limits::kMaxPayload == std::size_t{4} << 24);
  std::uint64_t peer = 0;
  const Socket other;
  const Socket one;
  for (const auto& [socket, units] : {std::pair{&other, '\2'}, {&one, '\4'}}) {
    REQUIRE(table.accepted(socket->fd(), "a", 1s));
    table.welcome(table.bind(socket->fd(), PeerId{++peer}));
    REQUIRE(table.arrived(socket->fd(), bytes(greeting())));
    CHECK(table.arrived(socket->fd(), bytes(large_frame(units))));
  }
}

TEST_CASE("one address cannot take all places, even with sessions") {
  ConnectionLimits limits;
  limits.connections = 8;
  ConnectionTable table{limits};
  std::deque<Socket> sockets(8);
  std::size_t taken = 0;
  for (const Socket& socket : sockets) {
    if (!table.accepted(socket.fd(), "10.0.0.1", 0s)) continue;
    table.welcome(table.bind(socket.fd(), PeerId{++taken}));
  }
  CHECK(taken == limits.of_address());
  CHECK(table.accepted(sockets.back().fd(), "10.0.0.2", 0s));
}

TEST_CASE("a connection ends when more has arrived than the broker receives, a stranger's sooner") {
  ConnectionLimits limits;
  limits.stranger_cost = 10 * FrameMeter::cost_of(1);
  limits.peer_cost = 100 * FrameMeter::cost_of(1);
  ConnectionTable table{limits};
  const Socket stranger;
  const Socket peer;
  for (const Socket* one : {&stranger, &peer}) {
    REQUIRE(table.accepted(one->fd(), "", 0s));
    REQUIRE(table.arrived(one->fd(), bytes(greeting())));
  }
  const auto place = table.bind(peer.fd(), PeerId{1});
  table.welcome(place);
  const auto sent_by = [&](const Socket& from) {
    int sent = 0;
    while (sent < 1000 && table.arrived(from.fd(), bytes(frame("x")))) ++sent;
    return sent;
  };
  CHECK(sent_by(stranger) == 10);
  for (int i = 0; i < 500; ++i) {
    REQUIRE(table.arrived(peer.fd(), bytes(frame("x"))));
    table.received(place, FrameMeter::cost_of(1));
  }
  CHECK(sent_by(peer) == 100);
}

}  // namespace connections_test
