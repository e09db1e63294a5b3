// forkmill submit: submits a task, with arguments in JSON.
#include <cstdio>

#include "client/cli/commands/await.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/trace.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/label.h"
#include "client/cli/text/values.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr const char* kSubmitFooter = R"(Each JSON value is one argument. A single JSON array has all arguments.

Examples:
  forkmill submit math.add 2 3                       prints 5
  forkmill submit text.count_words '"README.md"'     a JSON string, in double quotes inside single quotes
  forkmill submit demo.fail '[[1,2,3]]'              one argument, which is an array
  id=$(forkmill submit --detach math.add 2 3); forkmill task wait $id

Exit status: 0 the task succeeded; 1 it failed, was cancelled or was rejected; 2 wrong usage; 3 no broker;
5 --wait timed out.)";

struct SubmitCommand {
  std::string name;
  std::vector<std::string> words;
  SubmitOptions submit{};
  std::vector<std::string> headers{};
  bool detach = false;
  std::chrono::milliseconds wait{0};
};

// The arguments are the words that CLI11 has not parsed, because CLI11 would split an option "[1,2]" into two values. A
// word that looks like an option but is not a number is an error.
std::vector<std::string> argument_words(const CLI::App& command) {
  auto words = command.remaining();
  for (const auto& word : words) {
    if (word.size() > 1 && word[0] == '-' && word.find_first_not_of("0123456789.eE+-") != std::string::npos) {
      throw CLI::ExtrasError{command.get_name(), {word}};
    }
  }
  return words;
}

void add_submit_options(CLI::App& command, SubmitOptions& options) {
  command.add_option("--queue", options.queue, "Queue of the task [default: default]")->type_name("NAME");
  add_number(command, "--priority", options.priority, proto::limits::kMinPriority, proto::limits::kMaxPriority,
             "Priority; higher priorities run first");
  add_duration(command, "--delay", options.delay, "Start the task only after this time [default: 0]");
  add_number(command, "--attempts", options.max_attempts, 1U, proto::limits::kMaxAttempts, "Maximum attempts");
  command.add_flag("--retry-errors", options.retry_errors, "Also retry after an error of the task itself");
  command.add_flag("--at-most-once", options.at_most_once,
                   "Never start the task twice; it fails if its worker or the broker is lost meanwhile");
  add_duration(command, "--timeout", options.timeout, "Stop an attempt that runs longer [default: none]");
  add_duration(command, "--soft-timeout", options.soft_timeout, "Ask the task to stop after this time [default: none]");
  add_duration(command, "--expires", options.expires,
               "Drop the task if it has not started within this time [default: never]");
  add_durability(command, options.durability);
  add_duration(command, "--result-ttl", options.result_ttl, "Keep the result for this long [default: the broker's]");
  command
      .add_option("--key", options.key,
                  "Idempotency key: a second submission with the same key is the same task. The file of your secret "
                  "key stands before the command: forkmill --key FILE submit")
      ->type_name("KEY");
  command
      .add_option("--label", options.label,
                  "Text for people, which lists show [default: the command of forkmill.exec, unless it is sealed]")
      ->type_name("TEXT");
}

int submit(const SubmitCommand& options, const ConnectionOptions& connection_options) {
  const auto arguments = msgpack_from_json(parse_arguments(options.words));
  auto how = options.submit;
  add_headers(how, options.headers);
  TaskWait wait{connection_options};
  // The broker can read labels.
  if (how.label.empty() && !wait.connection().client().seals(how.queue))
    how.label = label_of_task(options.name, arguments);
  auto future = wait.connection().client().with(how).submit_raw(options.name, arguments);
  return options.detach ? print_accepted(wait, future) : print_when_done(wait, std::move(future), options.wait);
}

}  // namespace

void add_submit(const Program& program) {
  auto* command = program.app.add_subcommand("submit", "Submit a task and print its result");
  auto options = std::make_shared<SubmitCommand>();
  program.help.usage(*command, "forkmill submit [OPTIONS] NAME [JSON...]");
  command->footer(kSubmitFooter);
  command->add_option("name", options->name, "Name of the task, as its worker registers it")
      ->required()
      ->option_text("NAME");
  command->add_flag("-d,--detach", options->detach,
                    "Print the task id once the broker has accepted the task, and exit");
  add_duration(*command, "--wait", options->wait,
               "Stop waiting after this time, while the task continues [default: none]");
  add_submit_options(*command, options->submit);
  command
      ->add_option("--header", options->headers,
                   "Text that travels with the task to its handler; repeatable. The trace of TRACEPARENT and "
                   "TRACESTATE travels without it")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_connection_options(*command, program.connection);
  command->allow_extras();
  command->callback([program, command, options] {
    options->words = argument_words(*command);
    program.action = [program, options] { return submit(*options, program.connection); };
  });
}

}  // namespace forkmill::cli
