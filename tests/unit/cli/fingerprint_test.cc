#include "client/cli/text/fingerprint.h"

#include <doctest/doctest.h>

namespace forkmill::cli::fingerprint_test {
namespace {

TEST_CASE("numbers and ids of an error's text are replaced, words are not") {
  CHECK(pattern_of("cannot read page 17 of 4,096") == "cannot read page <n> of <n>,<n>");
  CHECK(pattern_of("task 0190163d-8694-739b-aea5-966c26f8ad91 failed") == "task <id> failed");
  CHECK(pattern_of("object deadbeef00 at 0x7ffe12ab, blob a94a8fe5ccb19ba61c4c0873d391e987982fbbd3") ==
        "object <id> at <n>, blob <id>");
  CHECK(pattern_of("a facade of a decade, defaced") == "a facade of a decade, defaced");
  CHECK(pattern_of("connect 10.0.0.7:5432: refused\nsecond line 3") == "connect <n>.<n>.<n>.<n>:<n>: refused");
  CHECK(pattern_of("worker7 v2x") == "worker<n> v<n>x");
  CHECK(pattern_of("") == "");
  CHECK(pattern_of(std::string(5000, 'x')).size() == kMaxPattern);
}

TEST_CASE("a fingerprint depends on name, type and pattern, each by itself") {
  const auto one = fingerprint("t", "E", "p");
  CHECK(one.size() == 16);
  CHECK(one == fingerprint("t", "E", "p"));
  for (const auto& other : {fingerprint("u", "E", "p"), fingerprint("t", "F", "p"), fingerprint("t", "E", "q"),
                            fingerprint("tE", "", "p"), fingerprint("t", "Ep", "")})
    CHECK(one != other);
}

}  // namespace
}  // namespace forkmill::cli::fingerprint_test
