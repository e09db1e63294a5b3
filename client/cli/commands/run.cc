// forkmill run, attach: one command on a worker, and the output and exit status of a command that was detached.
#include <forkmill/exec.h>
#include <forkmill/serialize.h>
#include <unistd.h>

#include <cstring>
#include <tuple>

#include "client/cli/commands/await.h"
#include "client/cli/commands/exec_options.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/commands/trace.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/errors/start_error.h"
#include "client/cli/os/write_all.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/label.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr const char* kRunFooter =
    R"(Several words are a program and its arguments, which run as they stand. A single word is a line for
/bin/sh. The output is printed when the command has ended. The command runs in the current directory if the
broker is on this machine, else in that of the worker.

Examples:
  forkmill run -- ls -l
  forkmill run 'ls | wc -l'
  forkmill run --timeout 10m --wd /tmp -- du -sh .
  id=$(forkmill run -d -- sleep 1); forkmill attach $id

Exit status: that of the command; 128 + N if signal N has killed it; 127 or 126 if the worker has no such
program or cannot execute it; 1 the task failed, or was stopped by --timeout; 2 wrong usage; 3 no broker;
5 --wait timed out; 130 interrupted. After 5 and 130 the command goes on.)";

constexpr const char* kAttachFooter =
    R"(The output of a command that was submitted by `forkmill run -d` is printed when the command has ended,
or at once if it has. Of another task, the result is printed as JSON. A result can be attached to several
times, as long as the broker keeps it.

Example:
  id=$(forkmill run -d -- echo hello); forkmill attach $id

Exit status: that of `forkmill run`; 4 there is no such task, or its result is no longer kept.)";

struct RunCommand {
  ExecOptions exec;
  SubmitOptions submit{};
  bool detach = false;
  bool raw = false;
  std::chrono::milliseconds wait{0};
  std::vector<std::string> words;
};

// Prints the output of the command. Returns its exit status as a shell shows it.
int print_command(const ExecResult& result, bool raw) {
  print_stdout(result.out, raw);
  (void)write_shown(STDERR_FILENO, result.err, "standard error", raw);
  if (result.timed_out) throw CommandError{ExitCode::failed, "the command was stopped by --timeout [timed_out]"};
  if (result.out_truncated || result.err_truncated) {
    throw CommandError{ExitCode::failed,
                       std::string{result.out_truncated ? "stdout" : "stderr"} + " was cut off at the output limit",
                       "raise --output-limit, or let the command write to a file"};
  }
  if (result.signal == 0) return result.exit_code;
  std::fprintf(stderr, "forkmill: killed by signal %d (%s)\n", result.signal, ::strsignal(result.signal));
  return 128 + result.signal;
}

// Blocks until the command has ended. Throws as TaskWait::result() does, and CommandError if the command could not be
// started.
ExecResult command_result(TaskWait& wait, Future<RawResult> future, std::chrono::milliseconds timeout) {
  try {
    return unpack_value<ExecResult>(wait.result(std::move(future), timeout).bytes);
  } catch (const RemoteError& error) {
    if (const auto unstarted = start_error(error)) throw CommandError{*unstarted};
    throw;
  }
}

// Moves the time limit of the only attempt into the request, so that its output until then is returned. The limit of
// several attempts is that of the task, which the broker tries again.
void set_timeout(ExecRequest& request, SubmitOptions& how) {
  if (how.max_attempts > 1) return;
  request.timeout_ms = static_cast<std::uint64_t>(how.timeout.count());
  how.timeout = task_timeout(how.timeout);
}

int run(const RunCommand& options, const ConnectionOptions& connection_options) {
  if (options.words.empty()) throw UsageError{"COMMAND is missing", "see forkmill run --help"};
  auto request = exec_request(options.exec, options.words, connection_options.broker);
  auto how = options.submit;
  how.dead_letter = options.detach;  // this command reports the failure itself
  set_timeout(request, how);
  add_headers(how);
  TaskWait wait{connection_options, "attach"};
  // The broker can read labels.
  if (!wait.connection().client().seals(how.queue))
    how.label = command_label(command_line(request.argv, request.shell));
  auto future = wait.connection().client().with(how).submit_raw(kExec.name(), pack_value(std::make_tuple(request)));
  if (!options.detach) return print_command(command_result(wait, std::move(future), options.wait), options.raw);
  return print_accepted(wait, future);
}

int attach(const std::string& id, std::chrono::milliseconds timeout, bool raw,
           const ConnectionOptions& connection_options) {
  TaskWait wait{connection_options, "attach"};
  const auto task = ask_task(wait.connection(), id);
  auto future = wait.connection().client().attach<RawResult>(task_id(task));
  if (text_of(task, "name") != kExec.name()) return print_when_done(wait, std::move(future), timeout);
  return print_command(command_result(wait, std::move(future), timeout), raw);
}

}  // namespace

void add_run(const Program& program) {
  auto* command = program.app.add_subcommand("run", "Run a command on a worker and print its output");
  auto options = std::make_shared<RunCommand>();
  options->submit.max_attempts = 1;
  program.help.usage(*command, "forkmill run [OPTIONS] [--] COMMAND...");
  command->footer(kRunFooter);
  command->prefix_command();
  command->add_flag("-d,--detach", options->detach,
                    "Print the task id once the broker has accepted the command, and exit");
  add_raw(*command, options->raw);
  add_duration(*command, "--wait", options->wait,
               "Stop waiting after this time, while the command continues [default: none]");
  command->add_option("--queue", options->submit.queue, "Queue of the command [default: default]")->type_name("NAME");
  add_number(*command, "--priority", options->submit.priority, proto::limits::kMinPriority, proto::limits::kMaxPriority,
             "Priority; higher priorities run first");
  add_number(
      *command, "--attempts", options->submit.max_attempts, 1U, proto::limits::kMaxAttempts,
      "Maximum attempts if the worker is lost or --timeout passes; with more than one, the output before --timeout is "
      "lost");
  add_duration(*command, "--timeout", options->submit.timeout,
               "Stop the command if it runs longer, and print its output until then [default: none]");
  add_exec_options(*command, options->exec);
  add_connection_options(*command, program.connection);
  command->callback([program, command, options] {
    options->words = command_words(program, *command);
    program.action = [program, options] { return run(*options, program.connection); };
  });
}

void add_attach(const Program& program) {
  auto* command = program.app.add_subcommand("attach", "Print the output of a command or task that was detached");
  auto id = std::make_shared<std::string>();
  auto timeout = std::make_shared<std::chrono::milliseconds>(0);
  auto raw = std::make_shared<bool>(false);
  command->footer(kAttachFooter);
  command->add_option("id", *id, "Id, or an unambiguous prefix of at least 8 characters")
      ->required()
      ->option_text("ID");
  add_duration(*command, "--timeout", *timeout, "Stop waiting after this time [default: none]");
  add_connection_options(*command, program.connection);
  add_raw(*command, *raw);
  command->callback([program, id, timeout, raw] {
    program.action = [program, id, timeout, raw] { return attach(*id, *timeout, *raw, program.connection); };
  });
}

}  // namespace forkmill::cli
