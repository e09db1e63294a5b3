// Output of a command on its way to the log of its attempt: in order, at most so often, and bounded.
#include "worker/tasks/paced_log.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/worker/fake_output_log.h"

namespace paced_log_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace std::chrono_literals;
using proto::LogSource;
using worker::test::FakeOutputLog;

namespace {

constexpr proto::Instant kStart{1h};

}  // namespace

TEST_CASE("the first output goes on at once, and what comes within the pause together") {
  FakeOutputLog log;
  PacedLog paced{&log};
  CHECK(paced.next_wakeup() == proto::kNever);
  paced.add(LogSource::output, "one\n");
  CHECK(paced.next_wakeup() <= kStart);
  paced.tick(kStart);
  CHECK(log.text() == "[out]one\n");
  paced.add(LogSource::output, "tw");
  paced.add(LogSource::output, "o\n");
  paced.add(LogSource::errors, "bad\n");
  paced.tick(kStart + 10ms);
  CHECK(log.text() == "[out]one\n");
  CHECK(paced.next_wakeup() == kStart + PacedLog::kPause);
  paced.tick(kStart + PacedLog::kPause);
  CHECK(log.text() == "[out]one\ntwo\n[err]bad\n");
  CHECK(log.calls == 3);
  CHECK(paced.next_wakeup() == proto::kNever);
}

TEST_CASE("the end of a command waits for no pause") {
  FakeOutputLog log;
  PacedLog paced{&log};
  paced.tick(kStart);
  paced.add(LogSource::output, "a");
  paced.tick(kStart);
  paced.add(LogSource::output, "b");
  paced.finish();
  CHECK(log.text() == "[out]ab");
  paced.finish();
  CHECK(log.calls == 2);
}

TEST_CASE("of a flood the first and the newest bytes go on, and each byte is there or counted") {
  FakeOutputLog log;
  PacedLog paced{&log};
  constexpr int kLines = 20'000;
  std::size_t total = 0;
  for (int i = 0; i < kLines; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    total += line.size();
    paced.add(i % 2 == 0 ? LogSource::output : LogSource::errors, line);
  }
  paced.finish();
  CHECK(log.bytes <= PacedLog::kMaxPending);
  CHECK(log.bytes + log.missing == total);
  CHECK(log.missing > 0);
  CHECK(log.text().starts_with("[out]line 0\n[err]line 1\n"));
  CHECK(log.text().ends_with("[err]line 19999\n"));
}

TEST_CASE("an attempt without a log costs nothing") {
  PacedLog paced{nullptr};
  paced.add(LogSource::output, "a");
  CHECK(paced.next_wakeup() == proto::kNever);
  paced.tick(kStart);
  paced.finish();
}

}  // namespace paced_log_test
