#include "proto/settings/quantities.h"

#include <doctest/doctest.h>

#include <limits>

namespace quantities_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST_CASE("a quantity above zero is not rounded to zero, which stands for none") {
  CHECK(parse_duration("0.4ms") == std::chrono::milliseconds{1});
  CHECK(parse_duration("0.0001s") == std::chrono::milliseconds{1});
  CHECK(parse_duration("0.0ms") == std::chrono::milliseconds{0});
  CHECK(parse_duration("1.4ms") == std::chrono::milliseconds{1});
  CHECK(parse_size("0.2") == 1);
  CHECK(parse_size("0") == 0);
}

}  // namespace

TEST_CASE("a duration is a sum of numbers with units") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("2m") == 2min);
  CHECK(parse_duration("7d") == 168h);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("1d3.5h16.6m4s") == 24h + 210min + 996s + 4s);
  CHECK(parse_duration(".5s") == 500ms);
  CHECK(parse_duration("3.s") == 3s);
}

TEST_CASE("a number without a unit counts seconds") {
  CHECK(parse_duration("30") == 30s);
  CHECK(parse_duration("0") == 0ms);
  CHECK(parse_duration("0.25") == 250ms);
  CHECK(parse_duration("1m30") == 90s);
}

TEST_CASE("a fraction of a millisecond is rounded once, after the sum") {
  CHECK(parse_duration("1.4ms") == 1ms);
  CHECK(parse_duration("1.5ms") == 2ms);
  CHECK(parse_duration("0.3ms0.3ms") == 1ms);
}

TEST_CASE("a duration may be as long as milliseconds in 63 bits, exact to the last one") {
  CHECK(parse_duration("9223372036854775807ms") == std::chrono::milliseconds{kMax});
  CHECK_FALSE(parse_duration("9223372036854775807.5ms"));
  CHECK_FALSE(parse_duration("9223372036854775808ms"));
  CHECK_FALSE(parse_duration("9223372036854775807ms1ms"));
  CHECK_FALSE(parse_duration("9223372036854775807d"));
}

TEST_CASE("a text that is no duration is refused") {
  for (const char* wrong : {"", ".", "s", "-1", "+1", "-5s", "1x", "1S", "1.2.3", "1 s", " 1s", "1s ", "ms5", "1e9",
                            "99999999999999999999", "0x10", "inf", "1,5s"}) {
    CHECK_MESSAGE(!parse_duration(wrong), wrong);
  }
}

TEST_CASE("a size is one number, in bytes or in powers of 1024") {
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("7B") == 7);
  CHECK(parse_size("64k") == 65'536);
  CHECK(parse_size("64K") == 65'536);
  CHECK(parse_size("1.5M") == 1'572'864);
  CHECK(parse_size("3MB") == 3'145'728);
  CHECK(parse_size("2GiB") == 2'147'483'648);
  CHECK(parse_size("8388607T") == 8'388'607ULL << 40);
  CHECK_FALSE(parse_size("8388608T"));
  CHECK(parse_size("9223372036854775807") == static_cast<std::uint64_t>(kMax));
}

TEST_CASE("a text that is no size is refused") {
  for (const char* wrong :
       {"", ".", "k", "-1", "1x", "1kk", "1iB", "1b", "64kb", "1K1K", "1 K", "18446744073709551616", "99999999999T"}) {
    CHECK_MESSAGE(!parse_size(wrong), wrong);
  }
}

TEST_CASE("formatted durations and sizes have the largest unit that keeps them exact") {
  CHECK(format_duration(0ms) == "0");
  CHECK(format_duration(1ms) == "1ms");
  CHECK(format_duration(90s) == "90s");
  CHECK(format_duration(2h) == "2h");
  CHECK(format_duration(168h) == "7d");
  CHECK(format_size(0) == "0");
  CHECK(format_size(1000) == "1000");
  CHECK(format_size(65'536) == "64K");
  CHECK(format_size(64ULL << 30) == "64G");
}

TEST_CASE("a formatted duration or size is read back as it was") {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{86'400'000},
                                   (std::int64_t{1} << 53) + 1, kMax - 1, kMax}) {
    CHECK(parse_duration(format_duration(std::chrono::milliseconds{value})) == std::chrono::milliseconds{value});
    CHECK(parse_size(format_size(static_cast<std::uint64_t>(value))) == static_cast<std::uint64_t>(value));
  }
}

}  // namespace quantities_test
