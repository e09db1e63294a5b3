// The way to a session and back to one (PROTOCOL.md, Sessions), with messages made by hand, for both roles.
#include "proto/session/handshake.h"

#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <utility>

namespace handshake_test {

using namespace forkmill;
using namespace forkmill::proto;
using namespace std::chrono_literals;
using Due = Handshake::Due;
using Heard = Handshake::Heard;

namespace {

constexpr HandshakeOptions kPatient{.first_patience = 4s, .longest_patience = 30s, .pause_after_goodbye = 1s};

struct Peer {
  explicit Peer(Role r = Role::client, std::uint64_t seed = 1) : role{r}, handshake{kPatient, seed} {}

  Role role;
  Handshake handshake;
  Instant now = 1000s;

  Hello greet() {
    Hello hello;
    hello.role = role;
    hello.name = "peer";
    auto envelope = handshake.greet(now, std::move(hello));
    CHECK(envelope.header == Header{});
    return std::get<Hello>(envelope.message);
  }
  static Welcome answer_to(const Hello& hello, std::uint64_t session) {
    Welcome welcome;
    welcome.nonce = hello.nonce;
    welcome.session = SessionId{session};
    welcome.heartbeat = 1s;
    welcome.session_timeout = 5s;
    return welcome;
  }
  void establish(std::uint64_t session = 7) {
    const auto hello = greet();
    REQUIRE(handshake.handle(now, {{}, answer_to(hello, session)}) == Heard::welcome);
  }
  Heard hear(Message message, std::uint64_t session = 7) {
    return handshake.handle(now, {{SessionId{session}, MessageSeq{1}}, std::move(message)});
  }
  Heard hear_error(Errc code, std::uint64_t session = 0, std::uint64_t about = 0) {
    return handshake.handle(now, {{SessionId{session}, {}}, ErrorMessage{MessageSeq{about}, code, "why"}});
  }
  Due tick_at_wakeup() {
    now = handshake.next_wakeup();
    return handshake.tick(now);
  }
};

}  // namespace

TEST_CASE("a HELLO keeps what its owner says and adds nonce, order and the session to resume") {
  for (const Role role : {Role::client, Role::worker}) {
    Peer peer{role};
    const auto first = peer.greet();
    CHECK(first.role == role);
    CHECK(first.name == "peer");
    CHECK_FALSE(first.resume);
    CHECK(first.order == 1'000'000'000);
    CHECK(peer.handshake.handle(peer.now, {{}, Peer::answer_to(first, 7)}) == Heard::welcome);
    peer.handshake.disconnected();
    const auto second = peer.greet();
    CHECK(second.resume == SessionId{7});
    CHECK(second.nonce != first.nonce);
    CHECK(second.order > first.order);
  }
}

TEST_CASE("order rises with each HELLO also when the clock stands still or goes back") {
  Peer peer;
  auto last = peer.greet().order;
  for (const Instant step : {Instant{0}, Instant{-1s}, Instant{1s}}) {
    peer.now += step;
    const auto order = peer.greet().order;
    CHECK(order > last);
    last = order;
  }
}

TEST_CASE("only the WELCOME to the last HELLO establishes a session, and does so once") {
  Peer peer;
  CHECK(peer.hear(Welcome{}) == Heard::stale);
  const auto old = peer.greet();
  const auto hello = peer.greet();
  CHECK(peer.handshake.handle(peer.now, {{}, Peer::answer_to(old, 6)}) == Heard::stale);
  CHECK_FALSE(peer.handshake.established());
  CHECK(peer.handshake.handle(peer.now, {{}, Peer::answer_to(hello, 7)}) == Heard::welcome);
  CHECK(peer.handshake.established());
  CHECK(peer.handshake.session() == SessionId{7});
  CHECK(peer.handshake.handle(peer.now, {{}, Peer::answer_to(hello, 8)}) == Heard::stale);
  CHECK(peer.handshake.session() == SessionId{7});
}

TEST_CASE("messages count from 1 in each session and carry its id") {
  Peer peer;
  peer.establish(7);
  CHECK(peer.handshake.stamp(peer.now, Heartbeat{}).header == Header{SessionId{7}, MessageSeq{1}});
  CHECK(peer.handshake.stamp(peer.now, Heartbeat{}).header == Header{SessionId{7}, MessageSeq{2}});
  peer.handshake.disconnected();
  peer.establish(8);
  CHECK(peer.handshake.stamp(peer.now, Heartbeat{}).header == Header{SessionId{8}, MessageSeq{1}});
}

TEST_CASE("messages of another session, and before a session, are stale") {
  Peer peer;
  CHECK(peer.hear(Results{}, 0) == Heard::stale);
  peer.greet();
  CHECK(peer.hear(Results{}, 0) == Heard::stale);
  CHECK(peer.hear(Goodbye{}, 0) == Heard::stale);
  peer.establish();
  CHECK(peer.hear(Results{}, 6) == Heard::stale);
  CHECK(peer.hear(Goodbye{}, 6) == Heard::stale);
  CHECK(peer.hear_error(Errc::queue_full, 6) == Heard::stale);
  CHECK(peer.hear(Results{}) == Heard::message);
  CHECK(peer.hear_error(Errc::queue_full, 7, 3) == Heard::message);
  peer.handshake.disconnected();
  CHECK(peer.hear(Results{}) == Heard::stale);
}

TEST_CASE("a HELLO without an answer gives up its connection, each time later, up to the longest patience") {
  Peer peer;
  Instant longest{0};
  for (int i = 0; i < 8; ++i) {
    peer.greet();
    const auto patience = peer.handshake.next_wakeup() - peer.now;
    const Instant whole = std::min<Instant>(kPatient.longest_patience, kPatient.first_patience * (1 << i));
    CHECK(patience >= whole / 2);
    CHECK(patience <= whole);
    longest = std::max(longest, patience);
    CHECK(peer.handshake.tick(peer.handshake.next_wakeup() - 1us) == Due::nothing);
    CHECK(peer.tick_at_wakeup() == Due::no_answer);
    CHECK(peer.handshake.next_wakeup() == kNever);  // until there is a new connection
  }
  CHECK(longest >= 15s);

  peer.establish();
  peer.handshake.disconnected();
  peer.greet();
  CHECK(peer.handshake.next_wakeup() - peer.now <= kPatient.first_patience);
}

TEST_CASE("a connection that breaks before its WELCOME does not count as a missing answer") {
  Peer peer;
  for (int i = 0; i < 8; ++i) {
    peer.greet();
    peer.handshake.disconnected();
    CHECK(peer.handshake.next_wakeup() == kNever);
  }
  peer.greet();
  CHECK(peer.handshake.next_wakeup() - peer.now <= kPatient.first_patience);
}

TEST_CASE("peers of different seeds do not come back in step") {
  std::set<Instant> at;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Peer peer{Role::worker, seed};
    peer.establish();
    CHECK(peer.hear(Goodbye{}) == Heard::goodbye);
    at.insert(peer.handshake.next_wakeup());
  }
  CHECK(at.size() == 20);
}

TEST_CASE("after GOODBYE the next HELLO waits for a pause on the same connection") {
  Peer peer;
  peer.establish();
  CHECK(peer.hear(Goodbye{}) == Heard::goodbye);
  CHECK_FALSE(peer.handshake.established());
  CHECK(peer.hear(Results{}) == Heard::stale);
  CHECK(peer.handshake.next_wakeup() >= peer.now + 500ms);
  CHECK(peer.handshake.next_wakeup() <= peer.now + 1s);
  CHECK(peer.handshake.tick(peer.now) == Due::nothing);
  CHECK(peer.tick_at_wakeup() == Due::hello);
  CHECK(peer.greet().resume == SessionId{7});
}

TEST_CASE("a broker that does not know the session is greeted at once") {
  for (const Errc code : {Errc::hello_required, Errc::session_unknown}) {
    Peer peer;
    peer.establish();
    CHECK(peer.hear_error(code) == Heard::forgotten);
    const auto hello = peer.greet();
    CHECK(hello.resume == SessionId{7});
    CHECK(peer.hear_error(code) == Heard::stale);  // answers a message from before this HELLO
    CHECK(peer.handshake.handle(peer.now, {{}, Peer::answer_to(hello, 8)}) == Heard::welcome);
  }
}

TEST_CASE("a HELLO that the broker will never take ends the handshake") {
  for (const Errc code : {Errc::version_unsupported, Errc::name_invalid, Errc::not_permitted, Errc::right_missing,
                          Errc::malformed, Errc::message_too_large}) {
    Peer peer;
    CHECK(peer.hear_error(code) == Heard::stale);
    const auto hello = peer.greet();
    CHECK(peer.hear_error(code, 0, 12) == Heard::stale);  // about a message, and HELLO has no number
    CHECK(peer.hear_error(code) == Heard::refused);
    CHECK(peer.handshake.refused());
    CHECK(peer.handshake.handle(peer.now, {{}, Peer::answer_to(hello, 7)}) == Heard::stale);
    peer.handshake.disconnected();
    CHECK(peer.handshake.refused());
    CHECK(peer.handshake.next_wakeup() == kNever);
    CHECK(peer.handshake.tick(peer.now + 1h) == Due::nothing);
  }
}

TEST_CASE("a broker that shuts down is greeted again soon, and after another error as if it had not answered") {
  Peer peer;
  peer.greet();
  CHECK(peer.hear_error(Errc::shutting_down) == Heard::postponed);
  CHECK(peer.handshake.next_wakeup() <= peer.now + 1s);
  CHECK(peer.tick_at_wakeup() == Due::hello);
  for (int i = 0; i < 5; ++i) {
    peer.greet();
    CHECK(peer.hear_error(Errc::too_many_queues) == Heard::postponed);
    CHECK(peer.handshake.next_wakeup() >= peer.now + std::min<Instant>(15s, 4s * (1 << i)));
    CHECK(peer.tick_at_wakeup() == Due::hello);
  }
}

TEST_CASE("an owner may give the broker up") {
  Peer peer;
  peer.establish();
  peer.handshake.refuse();
  CHECK(peer.handshake.refused());
  CHECK_FALSE(peer.handshake.established());
  CHECK(peer.hear(Results{}) == Heard::stale);
  CHECK(peer.handshake.next_wakeup() == kNever);
}

TEST_CASE("a heartbeat is due an interval after the last message, and again an interval later") {
  Peer peer;
  peer.establish();
  CHECK(peer.handshake.next_wakeup() == peer.now + 1s);
  CHECK(peer.handshake.tick(peer.now + 999ms) == Due::nothing);
  CHECK(peer.tick_at_wakeup() == Due::heartbeat);
  CHECK(peer.handshake.tick(peer.now) == Due::nothing);
  CHECK(peer.handshake.next_wakeup() == peer.now + 1s);
}

TEST_CASE("a peer whose messages are not answered sends heartbeats and keeps its broker") {
  Peer peer;
  peer.establish();
  int beats = 0;
  for (int i = 0; i < 200; ++i) {
    peer.now += 300ms;
    peer.handshake.stamp(peer.now, Report{});
    const auto due = peer.handshake.tick(peer.now);
    REQUIRE(due != Due::silence);
    if (due != Due::heartbeat) continue;
    ++beats;
    CHECK(peer.hear(Heartbeat{}) == Heard::message);
  }
  CHECK(beats >= 45);
}

TEST_CASE("a silent broker is left, and a stale message is no sign of life") {
  Peer peer;
  peer.establish();
  CHECK(peer.handshake.silence_limit() == 5s);
  peer.now += 4s;
  CHECK(peer.hear(Results{}, 6) == Heard::stale);
  CHECK(peer.handshake.tick(peer.now) == Due::heartbeat);
  peer.now += 1s;
  CHECK(peer.handshake.tick(peer.now) == Due::silence);
  CHECK_FALSE(peer.handshake.established());
  CHECK(peer.handshake.next_wakeup() == kNever);
  peer.greet();
  CHECK(peer.handshake.next_wakeup() - peer.now <= kPatient.first_patience);
}

TEST_CASE("no length of heartbeat and session timeout breaks the clock") {
  for (const auto length : {std::int64_t{-5}, std::int64_t{0}, std::numeric_limits<std::int64_t>::max(),
                            std::numeric_limits<std::int64_t>::min()}) {
    Peer peer;
    auto welcome = Peer::answer_to(peer.greet(), 7);
    welcome.heartbeat = welcome.session_timeout = milliseconds{length};
    CHECK(peer.handshake.handle(peer.now, {{}, welcome}) == Heard::welcome);
    CHECK(peer.handshake.next_wakeup() > peer.now + 1h);
    CHECK(peer.handshake.tick(peer.now + 1h) == Due::nothing);
  }
}

TEST_CASE("a silence limit is never shorter than two heartbeats") {
  Peer peer;
  auto welcome = Peer::answer_to(peer.greet(), 7);
  welcome.session_timeout = 1ms;
  CHECK(peer.handshake.handle(peer.now, {{}, welcome}) == Heard::welcome);
  CHECK(peer.handshake.silence_limit() == 2s);
}

TEST_CASE("MOVED that answers the HELLO ends the wait for an answer, and HELLO follows after a pause") {
  Peer peer;
  const auto hello = peer.greet();
  CHECK(peer.hear(Moved{hello.nonce + 1, 4, 1, {}}, 0) == Heard::stale);
  CHECK(peer.hear(Moved{hello.nonce, 4, 1, {}}, 0) == Heard::moved);
  CHECK(peer.hear(Moved{hello.nonce, 4, 1, {}}, 0) == Heard::stale);
  CHECK(peer.hear_error(Errc::version_unsupported) == Heard::stale);  // for peers that do not know MOVED
  CHECK_FALSE(peer.handshake.refused());
  CHECK(peer.handshake.next_wakeup() <= peer.now + kPatient.pause_after_moved);
  CHECK(peer.tick_at_wakeup() == Due::hello);
  peer.establish();
  CHECK(peer.hear(Moved{hello.nonce, 4, 1, {}}) == Heard::stale);
}

}  // namespace handshake_test
