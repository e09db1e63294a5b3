#include "client/cli/text/when.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <ctime>
#include <string>

namespace forkmill::cli::when_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kNow{1'700'000'000'250};

// Sets the time zone, and restores it in the destructor.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* old = ::getenv("TZ")) old_ = old;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    if (old_.empty())
      ::unsetenv("TZ");
    else
      ::setenv("TZ", old_.c_str(), 1);
    ::tzset();
  }

 private:
  std::string old_;
};

TEST_CASE("a duration is a time before now") {
  CHECK(parse_when("10m", kNow) == kNow - 10min);
  CHECK(parse_when("1h30m", kNow) == kNow - 90min);
  CHECK(parse_when("0", kNow) == kNow);
  CHECK(!parse_when("30d", 24h));  // before 1970
}

TEST_CASE("a time is read with its zone") {
  CHECK(parse_when("2023-11-14T22:13:20.250Z", kNow) == kNow);
  CHECK(parse_when("2023-11-14T22:13:20.2505Z", kNow) == kNow);
  CHECK(parse_when("2023-11-14 22:13:20Z", kNow) == kNow - 250ms);
  CHECK(parse_when("2023-11-14T22:13Z", kNow) == kNow - 20'250ms);
  CHECK(parse_when("2023-11-14T23:43:20.25+01:30", kNow) == kNow);
  CHECK(parse_when("2023-11-14T14:13:20.25-08:00", kNow) == kNow);
  CHECK(parse_when("2024-02-29Z", kNow) == milliseconds{1'709'164'800'000});
}

TEST_CASE("a time without a zone is local time, in summer and in winter") {
  const Zone berlin{"CET-1CEST,M3.5.0,M10.5.0/3"};
  CHECK(parse_when("2023-11-14T23:13:20.250", kNow) == kNow);
  CHECK(parse_when("2023-07-01", kNow) == parse_when("2023-06-30T22:00Z", kNow));
  CHECK(parse_when("2023-01-01", kNow) == parse_when("2022-12-31T23:00Z", kNow));
}

TEST_CASE("a text that is not a time is refused") {
  for (const char* wrong :
       {"", "yesterday", "-1h", "2023-02-30", "2023-13-01", "2023-1-1", "2023-11-14T", "2023-11-14T24:00",
        "2023-11-14T22:60", "2023-11-14T22:13:60", "2023-11-14T22:13:20.", "2023-11-14T22:13+1",
        "2023-11-14T22:13Zjunk", "1969-12-31", "1970-01-01T00:00+01:00", "2023-11-14T-1:00", "2023-11-14X22:13"}) {
    CHECK_MESSAGE(!parse_when(wrong, kNow), wrong);
  }
}

}  // namespace
}  // namespace forkmill::cli::when_test
