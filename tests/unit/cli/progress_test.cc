#include "client/cli/map/progress.h"

#include <doctest/doctest.h>

#include "client/cli/text/table.h"

namespace forkmill::cli::progress_test {
namespace {

using namespace std::chrono_literals;

Progress sample() {
  return {.done = 420, .failed = 0, .running = 8, .total = 1000, .per_second = 131, .elapsed_seconds = 3.2};
}

TEST_CASE("the progress line has figures, and a bar if wanted") {
  CHECK(render_progress(sample(), {.bar = true, .colour = false, .width = 60}) ==
        " 42% ███████████░░░░░░░░░░░░░░░░░ 420/1000  131/s  ETA 4.4s");
  CHECK(render_progress(sample(), {.bar = false, .colour = false, .width = 60}) == " 42% 420/1000  131/s  ETA 4.4s");
}

TEST_CASE("failures are shown, in red if colours are wanted") {
  auto progress = sample();
  progress.failed = 2;
  CHECK(render_progress(progress, {.bar = false, .colour = false, .width = 80}) ==
        " 42% 420/1000  131/s  ETA 4.4s  2 failed");
  CHECK(render_progress(progress, {.bar = false, .colour = true, .width = 80}) ==
        " 42% 420/1000  131/s  ETA 4.4s\x1b[31m  2 failed\x1b[0m");
}

TEST_CASE("without a total, the line has neither a bar nor an ETA") {
  auto progress = sample();
  progress.total.reset();
  CHECK(render_progress(progress, {}) == "420  131/s  3.2s");
}

TEST_CASE("the line is right at the beginning and at the end of a run") {
  auto progress = sample();
  progress.done = 1000;
  CHECK(render_progress(progress, {.bar = false, .colour = false, .width = 80}) == "100% 1000/1000  131/s  3.2s");
  progress = {};
  progress.total = 0;
  CHECK(render_progress(progress, {.bar = false, .colour = false, .width = 80}) == "100% 0/0  0/s  0s");
  progress.total = 10;
  CHECK(render_progress(progress, {.bar = false, .colour = false, .width = 80}) == "  0% 0/10  0/s  ETA ?");
}

TEST_CASE("the line never wraps") {
  auto progress = sample();
  progress.failed = 123;
  for (unsigned width = 0; width < 200; ++width) {
    const auto line = render_progress(progress, {.bar = true, .colour = false, .width = width});
    CHECK(text_width(line) <= (width > 0 ? width - 1 : 0));
  }
}

TEST_CASE("the rate follows the recent past") {
  const Rate::Clock::time_point start{};
  Rate rate{start};
  CHECK(rate.per_second() == 0);
  rate.update(start + 1s, 100);
  CHECK(rate.per_second() == doctest::Approx(100));
  for (int i = 2; i <= 100; ++i) rate.update(start + i * 1s, 100 + static_cast<std::uint64_t>(i - 1) * 10);
  CHECK(rate.per_second() == doctest::Approx(10).epsilon(0.02));
  rate.update(start + 100s, 1090);
  CHECK(rate.per_second() == doctest::Approx(10).epsilon(0.02));
}

}  // namespace
}  // namespace forkmill::cli::progress_test
