#include "client/web/http/time_limits.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "proto/os/descriptor.h"

namespace forkmill::web::time_limits_test {
namespace {

using namespace std::chrono_literals;

// A connected pair of sockets, the first of which is under a limit.
struct Pair {
  Pair() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    limited = proto::Descriptor{fds[0]};
    peer = proto::Descriptor{fds[1]};
  }
  bool is_shut() const {
    char byte = 0;
    return ::read(peer.get(), &byte, 1) == 0;
  }
  proto::Descriptor limited;
  proto::Descriptor peer;
};

TEST_CASE("a connection is shut down when its limit has passed, and not before") {
  const Pair pair;
  TimeLimits limits;
  const TimeLimits::Clock::time_point start{};
  limits.set(pair.limited.get(), start + 10s);
  limits.enforce(start + 9s);
  CHECK(!pair.is_shut());
  limits.enforce(start + 10s);
  CHECK(pair.is_shut());
}

TEST_CASE("a limit can be moved and cleared") {
  const Pair moved;
  const Pair cleared;
  TimeLimits limits;
  const TimeLimits::Clock::time_point start{};
  limits.set(moved.limited.get(), start + 10s);
  limits.set(moved.limited.get(), start + 20s);
  limits.set(cleared.limited.get(), start + 10s);
  limits.clear(cleared.limited.get());
  limits.enforce(start + 19s);
  CHECK(!moved.is_shut());
  CHECK(!cleared.is_shut());
}

}  // namespace
}  // namespace forkmill::web::time_limits_test
