#include "broker/core/held_sends.h"

#include <doctest/doctest.h>

#include <vector>

namespace held_sends_test {

using namespace forkmill;
using namespace forkmill::broker;
using forkmill::proto::CommitSeq;
using forkmill::proto::PeerId;

namespace {

Send message(std::uint64_t peer, std::uint64_t after) { return {PeerId{peer}, {{}, proto::Drain{}}, CommitSeq{after}}; }

std::vector<std::uint64_t> released(HeldSends& held, std::uint64_t safe) {
  std::vector<std::uint64_t> peers;
  held.release(CommitSeq{safe}, [&](const Send& one) { peers.push_back(one.peer.value()); });
  return peers;
}

}  // namespace

TEST_CASE("a message that waits for an earlier commit does not stand behind one that waits for a later commit") {
  HeldSends held;
  held.hold(message(1, 8));
  held.hold(message(2, 7));
  CHECK(released(held, 6).empty());
  CHECK(released(held, 7) == std::vector<std::uint64_t>{2});
  CHECK(released(held, 8) == std::vector<std::uint64_t>{1});
}

TEST_CASE("messages that wait for one commit leave in the order in which they came") {
  HeldSends held;
  for (std::uint64_t peer = 1; peer <= 4; ++peer) held.hold(message(peer, 5 + peer % 2));
  CHECK(released(held, 9) == std::vector<std::uint64_t>{2, 4, 1, 3});
}

}  // namespace held_sends_test
