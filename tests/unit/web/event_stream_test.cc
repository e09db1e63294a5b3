#include "client/web/http/event_stream.h"

#include <doctest/doctest.h>

#include <array>

namespace forkmill::web::event_stream_test {
namespace {

// The peer of a stream, which reads pieces of at most 4 bytes.
struct Peer {
  EventStream& stream;
  int sleeps = 0;
  int wakes = 0;

  // "-": nothing now; ".": the end.
  std::string read() {
    std::array<char, 4> piece{};
    const auto size = stream.read(
        piece.data(), piece.size(), [this] { ++sleeps; }, [this] { ++wakes; });
    if (!size) return ".";
    return *size == 0 ? "-" : std::string{piece.data(), *size};
  }
};

TEST_CASE("a peer reads an event in pieces, then sleeps, and is woken once by the next one") {
  EventStream stream;
  Peer peer{stream};
  stream.publish("first");
  CHECK(peer.read() == "firs");
  CHECK(peer.read() == "t");
  CHECK(peer.read() == "-");
  CHECK(peer.sleeps == 1);
  stream.publish("two");
  stream.publish("more");
  CHECK(peer.wakes == 1);
  CHECK(peer.read() == "more");
}

TEST_CASE("a slow peer gets the event that it reads whole, and then the newest one") {
  EventStream stream;
  Peer peer{stream};
  stream.publish("event-1");
  CHECK(peer.read() == "even");
  stream.publish("2");
  stream.publish("3");
  CHECK(peer.read() == "t-1");
  CHECK(peer.read() == "3");
  CHECK(peer.read() == "-");
}

TEST_CASE("a beat is sent only if nothing else is") {
  EventStream stream;
  Peer peer{stream};
  stream.publish("a");
  stream.beat();
  CHECK(peer.read() == "a");
  CHECK(peer.read() == "-");
  stream.beat();
  CHECK(peer.wakes == 1);
  CHECK(peer.read() == ":\n\n");
  CHECK(peer.read() == "-");
}

TEST_CASE("the end comes after what was published, and wakes the peer") {
  EventStream stream;
  Peer peer{stream};
  CHECK(peer.read() == "-");
  stream.publish("a");
  stream.end();
  stream.publish("b");
  CHECK(stream.ended());
  CHECK(peer.wakes == 1);
  CHECK(peer.read() == "a");
  CHECK(peer.read() == ".");
}

TEST_CASE("events that are appended all come, and their writer learns when they are read") {
  EventStream stream;
  Peer peer{stream};
  CHECK(stream.wait_until_read(std::chrono::milliseconds{0}));
  stream.append("abc");
  stream.append("def");
  CHECK_FALSE(stream.wait_until_read(std::chrono::milliseconds{0}));
  CHECK(peer.read() == "abcd");
  CHECK_FALSE(stream.wait_until_read(std::chrono::milliseconds{0}));
  CHECK(peer.read() == "ef");
  CHECK(stream.wait_until_read(std::chrono::milliseconds{0}));
  CHECK(peer.read() == "-");
  stream.append("g");
  CHECK(peer.wakes == 1);
  stream.end();
  CHECK_FALSE(stream.wait_until_read(std::chrono::hours{1}));
  stream.append("late");
  CHECK(peer.read() == "g");
  CHECK(peer.read() == ".");
}

}  // namespace
}  // namespace forkmill::web::event_stream_test
