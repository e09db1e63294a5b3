#include "worker/rules/restart_backoff.h"

#include <doctest/doctest.h>

namespace restart_backoff_test {

using namespace forkmill::worker;
using namespace std::chrono_literals;

TEST_CASE("deaths at birth cost growing pauses, up to a limit, until one succeeds") {
  RestartBackoff restart_backoff;
  CHECK(restart_backoff.failed() == 100ms);
  CHECK(restart_backoff.failed() == 200ms);
  CHECK(restart_backoff.failed() == 400ms);
  for (int i = 0; i < 40; ++i) restart_backoff.failed();
  CHECK(restart_backoff.failed() == 30s);
  restart_backoff.succeeded();
  CHECK(restart_backoff.failed() == 100ms);
}

}  // namespace restart_backoff_test
