#include "client/cli/commands/connection.h"

#include <doctest/doctest.h>

#include "client/cli/errors/command_error.h"
#include "tests/folder.h"

namespace forkmill::cli::connection_test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a missing broker is reported as unreachable") {
  const forkmill::tests::Folder dir;
  const ConnectionOptions options{.broker = "ipc://" + dir.path("absent"), .connect_timeout = 50ms};
  try {
    const Connection connection{options};
    FAIL("connected");
  } catch (const CommandError& error) {
    CHECK(error.code() == ExitCode::unreachable);
    CHECK(std::string{error.what()}.ends_with("within 50ms"));
  }
}

// A client that has given up has no timer of its own that would wake up the waiter.
TEST_CASE("a wait with a timeout ends even if the client has given up before") {
  const forkmill::tests::Folder dir;
  ClientOptions options;
  options.endpoint = "ipc://" + dir.path("absent");
  options.connect_timeout = 10ms;
  options.fail_fast = true;
  Client client{options};
  CHECK(!client.wait_connected(50ms));
  CHECK(!client.wait_connected(50ms));
}

TEST_CASE("an invalid endpoint is refused at once") {
  CHECK_THROWS_AS((Connection{{.broker = "nonsense", .connect_timeout = 50ms}}), UsageError);
}

}  // namespace
}  // namespace forkmill::cli::connection_test
