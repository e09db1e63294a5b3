#include "client/cli/map/stop_requests.h"

#include <doctest/doctest.h>
#include <signal.h>

namespace forkmill::cli::stop_requests_test {
namespace {

using namespace std::chrono_literals;
using Phase = StopRequests::Phase;

constexpr StopRequests::Clock::time_point kStart{};

TEST_CASE("SIGINT cancels, and a second signal exits") {
  StopRequests stops;
  CHECK(stops.phase() == Phase::running);
  CHECK(stops.signal() == 0);
  CHECK(stops.add(SIGINT, kStart) == Phase::cancelling);
  CHECK(stops.add(SIGTERM, kStart + 1s) == Phase::exiting);
  CHECK(!stops.add(SIGINT, kStart + 2s));
  CHECK(stops.phase() == Phase::exiting);
  CHECK(stops.signal() == SIGINT);
}

TEST_CASE("SIGTERM lets jobs finish, a second one cancels, and a third one exits") {
  StopRequests stops;
  CHECK(stops.add(SIGTERM, kStart) == Phase::finishing);
  CHECK(stops.add(SIGTERM, kStart + 1s) == Phase::cancelling);
  CHECK(stops.add(SIGTERM, kStart + 2s) == Phase::exiting);
  CHECK(stops.signal() == SIGTERM);
}

TEST_CASE("SIGINT cancels jobs that SIGTERM lets finish") {
  StopRequests stops;
  CHECK(stops.add(SIGTERM, kStart) == Phase::finishing);
  CHECK(stops.add(SIGINT, kStart + 1s) == Phase::cancelling);
  CHECK(stops.signal() == SIGTERM);
}

TEST_CASE("a closed stdout cancels") {
  StopRequests stops;
  CHECK(stops.add(SIGPIPE, kStart) == Phase::cancelling);
  CHECK(stops.signal() == SIGPIPE);
}

TEST_CASE("a signal that comes twice at the same time counts once") {
  StopRequests stops;
  CHECK(stops.add(SIGINT, kStart) == Phase::cancelling);
  CHECK(!stops.add(SIGINT, kStart + StopRequests::kSameSignal - 1ms));
  CHECK(stops.phase() == Phase::cancelling);
  CHECK(stops.add(SIGINT, kStart + StopRequests::kSameSignal) == Phase::exiting);
}

TEST_CASE("SIGHUP lets running jobs finish, and SIGQUIT cancels") {
  StopRequests hangup;
  CHECK(hangup.add(SIGHUP, kStart) == Phase::finishing);
  CHECK(hangup.add(SIGTERM, kStart + 1s) == Phase::cancelling);
  CHECK(hangup.signal() == SIGHUP);
  StopRequests quit;
  CHECK(quit.add(SIGQUIT, kStart) == Phase::cancelling);
}

}  // namespace
}  // namespace forkmill::cli::stop_requests_test
