#include "worker/rules/ending.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace forkmill::worker;
using namespace std::chrono_literals;
using forkmill::proto::Instant;

namespace {

constexpr Instant kNow = 1000s;
constexpr Instant kGrace = 5s;

struct Log final : EndingHands {
  void request_stop() override { text += "stop "; }
  bool condemn() override { return runs; }
  void kill(int signal) override { text += signal == SIGTERM ? "TERM " : "KILL "; }
  std::string take() { return std::exchange(text, {}); }
  std::string text;
  bool runs = true;
};

}  // namespace

TEST_CASE("without limits nothing ever happens") {
  Ending ending;
  ending.begin(kNow, 0s, 0s);
  CHECK(ending.next() == forkmill::proto::kNever);
}

TEST_CASE("the soft limit sets the stop token and nothing else") {
  Log log;
  Ending ending;
  ending.begin(kNow, 2s, 0s);
  CHECK(ending.next() == kNow + 2s);
  ending.tick(kNow + 2s, kGrace, log);
  CHECK(log.take() == "stop ");
  CHECK(ending.next() == forkmill::proto::kNever);
  CHECK(ending.reason() == EndReason::none);
}

TEST_CASE("the hard limit stops, terminates, and kills after the grace") {
  Log log;
  Ending ending;
  ending.begin(kNow, 2s, 10s);
  ending.tick(kNow + 2s, kGrace, log);
  CHECK(log.take() == "stop ");
  ending.tick(kNow + 10s, kGrace, log);
  CHECK(log.take() == "TERM ");  // stopped softly already
  CHECK(ending.condemned());
  CHECK(ending.next() == kNow + 15s);
  ending.tick(kNow + 15s, kGrace, log);
  CHECK(log.take() == "KILL ");
  CHECK(ending.reason() == EndReason::time_limit);
}

TEST_CASE("a cancellation stops at once and terminates after the grace") {
  Log log;
  Ending ending;
  ending.begin(kNow, 0s, 0s);
  ending.end(EndReason::cancelled, kNow + 1s, kGrace);
  ending.tick(kNow + 1s, kGrace, log);
  CHECK(log.take() == "stop ");
  CHECK(ending.next() == kNow + 6s);
  ending.tick(kNow + 6s, kGrace, log);
  CHECK(log.take() == "TERM ");
  ending.tick(kNow + 11s, kGrace, log);
  CHECK(log.take() == "KILL ");
}

TEST_CASE("no signal is sent while the child cannot be condemned for this attempt") {
  Log log;
  log.runs = false;
  Ending ending;
  ending.begin(kNow, 0s, 1s);
  ending.tick(kNow + 1s, kGrace, log);
  CHECK(log.take() == "stop ");
  CHECK_FALSE(ending.condemned());
  CHECK(ending.next() <= kNow + 1s + 1ms);
  log.runs = true;
  ending.tick(kNow + 1s + 1ms, kGrace, log);
  CHECK(log.take() == "TERM ");
}

TEST_CASE("the first reason counts") {
  Ending ending;
  ending.begin(kNow, 0s, 1s);
  ending.end(EndReason::cancelled, kNow, kGrace);
  ending.end(EndReason::shutdown, kNow, kGrace);
  CHECK(ending.reason() == EndReason::cancelled);
}
