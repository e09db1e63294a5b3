#include "worker/rules/restart_backoff.h"

#include <doctest/doctest.h>

using namespace forkmill::worker;
using namespace std::chrono_literals;

TEST_CASE("deaths at birth cost growing pauses, up to a limit, until one succeeds") {
  Births births;
  CHECK(births.failed() == 100ms);
  CHECK(births.failed() == 200ms);
  CHECK(births.failed() == 400ms);
  for (int i = 0; i < 40; ++i) births.failed();
  CHECK(births.failed() == 30s);
  births.succeeded();
  CHECK(births.failed() == 100ms);
}
