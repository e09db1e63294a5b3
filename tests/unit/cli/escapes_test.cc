#include "client/cli/map/input/escapes.h"

#include <doctest/doctest.h>

namespace forkmill::cli::escapes_test {
namespace {

TEST_CASE("escape sequences stand for one character each") {
  CHECK(unescaped("a,b") == "a,b");
  CHECK(unescaped("\\t\\n\\\\") == "\t\n\\");
  CHECK(unescaped("\\0") == std::string(1, '\0'));
  CHECK(unescaped("\\101\\x41\\x4") == "AA\x04");
  CHECK(unescaped("\\q\\xg\\") == "\\q\\xg\\");
}

}  // namespace
}  // namespace forkmill::cli::escapes_test
