// forkmill wait: waits until tasks have ended.
#include <forkmill/exec.h>
#include <forkmill/serialize.h>

#include <algorithm>
#include <cstdio>

#include "client/cli/commands/await.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/report.h"
#include "client/cli/text/answers.h"

namespace forkmill::cli {

namespace {

constexpr const char* kWaitFooter =
    R"(Prints a line for each task: "ID  succeeded", or why it did not. A command of `forkmill run -d` has
succeeded if its exit status is 0.

Example:
  id=$(forkmill run -d -- sleep 1); forkmill wait --timeout 5m $id

Exit status: 0 all have succeeded; 1 at least one has not; 4 at least one is unknown; 5 --timeout has passed.)";

using Clock = std::chrono::steady_clock;

struct Ending {
  std::string text;
  ExitCode code = ExitCode::ok;
};

// How a command has ended.
Ending ending_of(const ExecResult& result) {
  if (result.timed_out) return {"stopped by --timeout", ExitCode::failed};
  if (result.signal != 0) return {"signal " + std::to_string(result.signal), ExitCode::failed};
  if (result.exit_code != 0) return {"exit status " + std::to_string(result.exit_code), ExitCode::failed};
  return {"succeeded"};
}

std::string first_line_of(const std::string& text) { return text.substr(0, text.find('\n')); }

// Blocks until the task has ended. Throws CommandError if the wait ends before.
Ending ending_of(TaskWait& wait, const std::string& id, std::chrono::milliseconds timeout) {
  try {
    const auto task = ask_task(wait.connection(), id);
    const auto result = wait.result(wait.connection().client().attach<RawResult>(task_id(task)), timeout);
    const bool is_command = text_of(task, "name") == kExec.name();
    return is_command ? ending_of(unpack_value<ExecResult>(result.bytes)) : Ending{"succeeded"};
  } catch (const CommandError& error) {
    if (error.code() != ExitCode::not_found) throw;
    return {first_line_of(error.what()), error.code()};
  } catch (const Disconnected&) {
    throw;
  } catch (const Error&) {
    const auto report = report_of(std::current_exception());
    return {first_line_of(report.text), report.code == ExitCode::not_found ? report.code : ExitCode::failed};
  }
}

// The rest of `timeout`, which began at `start`. 0: there is no limit.
std::chrono::milliseconds rest(Clock::time_point start, std::chrono::milliseconds timeout) {
  if (timeout.count() == 0) return timeout;
  const auto left = start + timeout - Clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds{1});
}

int wait_for_all(const std::vector<std::string>& ids, std::chrono::milliseconds timeout,
                 const ConnectionOptions& connection) {
  TaskWait wait{connection, "wait"};
  const auto start = Clock::now();
  auto status = ExitCode::ok;
  for (const auto& id : ids) {
    const auto ending = ending_of(wait, id, rest(start, timeout));
    print_stdout(id + "  " + ending.text + "\n");
    status = std::max(status, ending.code);
  }
  return static_cast<int>(status);
}

}  // namespace

void add_wait(const Program& program) {
  auto* command = program.app.add_subcommand("wait", "Wait until tasks have ended");
  auto ids = std::make_shared<std::vector<std::string>>();
  auto timeout = std::make_shared<std::chrono::milliseconds>(0);
  command->footer(kWaitFooter);
  command->add_option("ids", *ids, "Ids, or unambiguous prefixes of at least 8 characters")
      ->required()
      ->option_text("ID...");
  add_duration(*command, "--timeout", *timeout, "Stop waiting for all of them after this time [default: none]");
  add_connection_options(*command, program.connection);
  command->callback([program, ids, timeout] {
    program.action = [program, ids, timeout] { return wait_for_all(*ids, *timeout, program.connection); };
  });
}

}  // namespace forkmill::cli
