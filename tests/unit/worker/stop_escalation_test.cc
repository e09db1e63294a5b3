#include "worker/rules/stop_escalation.h"

#include <doctest/doctest.h>

#include <string>

namespace stop_escalation_test {

using namespace forkmill::worker;
using namespace std::chrono_literals;
using forkmill::proto::Instant;

namespace {

constexpr Instant kNow = 1000s;
constexpr Instant kGrace = 5s;

// An escalation, and whether its attempt runs.
struct Attempt {
  // Returns the steps that are due.
  std::string tick(Instant now) {
    const auto steps = escalation.tick(now, kGrace, [this] { return runs; });
    std::string text;
    if (steps.stop) text += "stop ";
    if (steps.terminate) text += "TERM ";
    if (steps.kill) text += "KILL ";
    return text;
  }

  StopEscalation escalation;
  bool runs = true;
};

}  // namespace

TEST_CASE("an attempt without limits is never ended") {
  Attempt attempt;
  attempt.escalation.begin(kNow, 0s, 0s);
  CHECK(attempt.escalation.next_wakeup() == forkmill::proto::kNever);
}

TEST_CASE("the soft limit sets the stop token and nothing else") {
  Attempt attempt;
  attempt.escalation.begin(kNow, 2s, 0s);
  CHECK(attempt.escalation.next_wakeup() == kNow + 2s);
  CHECK(attempt.tick(kNow + 2s) == "stop ");
  CHECK(attempt.escalation.next_wakeup() == forkmill::proto::kNever);
  CHECK(attempt.escalation.reason() == EndReason::none);
}

TEST_CASE("the hard limit stops, terminates, and kills after the grace") {
  Attempt attempt;
  attempt.escalation.begin(kNow, 2s, 10s);
  CHECK(attempt.tick(kNow + 2s) == "stop ");
  CHECK(attempt.tick(kNow + 10s) == "TERM ");  // stopped softly already
  CHECK(attempt.escalation.condemned());
  CHECK(attempt.escalation.next_wakeup() == kNow + 15s);
  CHECK(attempt.tick(kNow + 15s) == "KILL ");
  CHECK(attempt.escalation.reason() == EndReason::time_limit);
}

TEST_CASE("a cancellation stops at once and terminates after the grace") {
  Attempt attempt;
  attempt.escalation.begin(kNow, 0s, 0s);
  attempt.escalation.request(EndReason::cancelled, kNow + 1s, kGrace);
  CHECK(attempt.tick(kNow + 1s) == "stop ");
  CHECK(attempt.escalation.next_wakeup() == kNow + 6s);
  CHECK(attempt.tick(kNow + 6s) == "TERM ");
  CHECK(attempt.tick(kNow + 11s) == "KILL ");
}

TEST_CASE("no signal is sent while the child cannot be condemned for this attempt") {
  Attempt attempt;
  attempt.runs = false;
  attempt.escalation.begin(kNow, 0s, 1s);
  CHECK(attempt.tick(kNow + 1s) == "stop ");
  CHECK_FALSE(attempt.escalation.condemned());
  CHECK(attempt.escalation.next_wakeup() <= kNow + 1s + 1ms);
  attempt.runs = true;
  CHECK(attempt.tick(kNow + 1s + 1ms) == "TERM ");
}

TEST_CASE("the first reason for an end counts") {
  Attempt attempt;
  attempt.escalation.begin(kNow, 0s, 1s);
  attempt.escalation.request(EndReason::cancelled, kNow, kGrace);
  attempt.escalation.request(EndReason::shutdown, kNow, kGrace);
  CHECK(attempt.escalation.reason() == EndReason::cancelled);
}

}  // namespace stop_escalation_test
