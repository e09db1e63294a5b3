// forkmill ping: checks that the broker answers, and measures the round-trip time.
#include <array>
#include <chrono>
#include <cstdio>

#include "client/cli/commands/connection.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

using Clock = std::chrono::steady_clock;

int ping(const ConnectionOptions& options, unsigned count) {
  Connection connection{options};
  for (unsigned i = 0; i < count; ++i) {
    const auto start = Clock::now();
    connection.ask(QueryKind::ping);
    const std::chrono::duration<double, std::milli> elapsed = Clock::now() - start;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f ms\n", elapsed.count());
    print_stdout(options.broker + " answered in " + text.data());
  }
  return 0;
}

}  // namespace

void add_ping(const Program& program) {
  auto* command = program.app.add_subcommand("ping", "Check that the broker answers, for health checks");
  command->footer(
      "Example:\n  forkmill ping --connect-timeout 2s\n\nExit status: 0 the broker has answered; 3 it has not.");
  auto count = std::make_shared<unsigned>(1);
  add_number(*command, "-c,--count", *count, 1U, 1'000'000U, "Number of pings");
  add_connection_options(*command, program.connection);
  command->callback(
      [program, count] { program.action = [program, count] { return ping(program.connection, *count); }; });
}

}  // namespace forkmill::cli
