#include "client/cli/text/human.h"

#include <doctest/doctest.h>

namespace forkmill::cli::human_test {
namespace {

TEST_CASE("durations are shown with at most two units") {
  CHECK(format_duration(0) == "0s");
  CHECK(format_duration(-3) == "0s");
  CHECK(format_duration(0.0001) == "<1ms");
  CHECK(format_duration(0.0006) == "1ms");
  CHECK(format_duration(0.35) == "350ms");
  CHECK(format_duration(0.9996) == "1.0s");
  CHECK(format_duration(4.24) == "4.2s");
  CHECK(format_duration(42) == "42s");
  CHECK(format_duration(59.7) == "1m00s");
  CHECK(format_duration(192) == "3m12s");
  CHECK(format_duration(7500) == "2h05m");
  CHECK(format_duration(3 * 86400 + 4 * 3600) == "3d04h");
}

TEST_CASE("bytes, rates, times and counts are rounded for people") {
  CHECK(format_bytes(17) == "17 B");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(format_bytes(3'435'973'836) == "3.2 GiB");
  CHECK(format_rate(0) == "0/s");
  CHECK(format_rate(0.25) == "0.25/s");
  CHECK(format_rate(4.24) == "4.2/s");
  CHECK(format_rate(131.4) == "131/s");
  CHECK(format_rate(12'440) == "12.4k/s");
  CHECK(format_count(0, "job") == "0 jobs");
  CHECK(format_count(1, "worker process") == "1 worker process");
  CHECK(format_count(2, "worker process") == "2 worker processes");
  CHECK(format_time(0) == "-");
  CHECK(format_time(1'700'000'000'250) == "2023-11-14T22:13:20.250Z");
}

}  // namespace
}  // namespace forkmill::cli::human_test
