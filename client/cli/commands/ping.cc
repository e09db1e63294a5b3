// forkmill ping: is there a broker, and how far away is it?
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
    const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
    std::printf("%s answered in %.2f ms\n", options.broker.c_str(), taken.count());
  }
  return 0;
}

}  // namespace

void add_ping(const Program& program) {
  auto* command = program.app.add_subcommand("ping", "Ask the broker for an answer; for health checks");
  command->footer("Exit status: 0 it answered; 3 nobody did within --connect-timeout.");
  auto count = std::make_shared<unsigned>(1);
  add_number(*command, "-c,--count", *count, 1U, 1'000'000U, "How often to ask");
  add_connection_options(*command, program.connection);
  command->callback(
      [program, count] { program.action = [program, count] { return ping(program.connection, *count); }; });
}

}  // namespace forkmill::cli
