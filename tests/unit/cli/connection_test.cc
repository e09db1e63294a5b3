#include "client/cli/commands/connection.h"

#include <doctest/doctest.h>

#include "client/cli/command_error.h"
#include "tests/unit/cli/temp_dir.h"

namespace forkmill::cli {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a broker that is not there is told as unreachable") {
  const test::TempDir dir;
  const ConnectionOptions options{.broker = "ipc://" + dir.path("absent"), .connect_timeout = 50ms};
  try {
    const Connection connection{options};
    FAIL("connected");
  } catch (const CommandError& error) {
    CHECK(error.code() == ExitCode::unreachable);
    CHECK(std::string{error.what()}.ends_with("within 50ms"));
  }
}

// Once it has given up, the client has nothing more to wake up for: a wait with an end must end all the same.
TEST_CASE("a wait ends also when the client itself has given up before") {
  const test::TempDir dir;
  ClientOptions options;
  options.endpoint = "ipc://" + dir.path("absent");
  options.connect_timeout = 10ms;
  options.fail_fast = true;
  Client client{options};
  CHECK(!client.wait_connected(50ms));
  CHECK(!client.wait_connected(50ms));
}

TEST_CASE("an endpoint that makes no sense is refused at once") {
  CHECK_THROWS_AS((Connection{{.broker = "nonsense", .connect_timeout = 50ms}}), Error);
}

}  // namespace
}  // namespace forkmill::cli
