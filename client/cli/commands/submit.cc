// forkmill submit: one task, its arguments in JSON.
#include <cstdio>

#include "client/cli/command_error.h"
#include "client/cli/commands/await.h"
#include "client/cli/commands/connection.h"
#include "client/cli/text/values.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr const char* kSubmitFooter = R"(The arguments are each in JSON, or all of them one JSON array.

Examples:
  forkmill submit math.add 2 3                       prints 5
  forkmill submit text.count_words '"README.md"'     text is JSON: double quotes inside single ones
  forkmill submit demo.fail '[[1,2,3]]'              one argument that is an array
  id=$(forkmill submit --detach slow.task 1); forkmill task wait $id

Exit status: 0 it succeeded; 1 it failed, was cancelled or could not be queued; 2 wrong usage; 3 no
broker; 5 the wait ended first (--wait).)";

struct SubmitCommand {
  std::string name;
  std::vector<std::string> words;
  SubmitOptions submit{};
  bool detach = false;
  std::chrono::milliseconds wait{0};
};

// What is left of the command line are the arguments. (As an option of CLI11 they would be taken apart: it reads
// "[1,2]" as two values.) What looks like an option and is no number is a mistake.
std::vector<std::string> argument_words(const CLI::App& command) {
  auto words = command.remaining();
  for (const auto& word : words) {
    if (word.size() > 1 && word[0] == '-' && word.find_first_not_of("0123456789.eE+-") != std::string::npos) {
      throw CLI::ValidationError{"submit has no option " + word};
    }
  }
  return words;
}

void add_submit_options(CLI::App& command, SubmitOptions& options) {
  command.add_option("--queue", options.queue, "Queue. Default: default")->type_name("NAME");
  add_number(command, "--priority", options.priority, proto::limits::kMinPriority, proto::limits::kMaxPriority,
             "Priority, higher first");
  add_duration(command, "--delay", options.delay, "Start it no earlier than so much later. Default: 0");
  add_number(command, "--attempts", options.max_attempts, 1U, proto::limits::kMaxAttempts, "Most attempts in all");
  command.add_flag("--retry-errors", options.retry_errors, "Try again also after an error of the task itself");
  command.add_flag("--at-most-once", options.at_most_once, "Start it once and never again, whatever is lost meanwhile");
  add_duration(command, "--timeout", options.timeout, "End an attempt that runs longer. Default: none");
  add_duration(command, "--soft-timeout", options.soft_timeout, "Ask the task to stop after this long. Default: none");
  add_duration(command, "--expires", options.expires, "Drop it when it has not started by then. Default: never");
  add_durability(command, options.durability);
  add_duration(command, "--result-ttl", options.result_ttl, "How long the result is kept. Default: the broker's");
  command.add_option("--key", options.key, "The same key again is the same task")->type_name("KEY");
}

// A task that has failed already was queued like any other.
void throw_if_not_queued(Future<RawResult>& future) {
  if (!future.ready() || future.successful()) return;
  try {
    (void)future.get();
  } catch (const TaskError&) {
  }
}

int submit(const SubmitCommand& options, const ConnectionOptions& connection_options) {
  const auto arguments = msgpack_from_json(parse_arguments(options.words));
  Connection connection{connection_options};
  auto future = connection.client().with(options.submit).submit_raw(options.name, arguments);
  if (!options.detach) return print_when_done(std::move(future), options.wait);
  while (future.state() == FutureState::pending && !future.wait_for(std::chrono::milliseconds{1})) {
  }
  throw_if_not_queued(future);
  std::printf("%s\n", future.id().to_string().c_str());
  return 0;
}

}  // namespace

void add_submit(const Program& program) {
  auto* command = program.app.add_subcommand("submit", "Submit one task and print its result");
  auto options = std::make_shared<SubmitCommand>();
  program.help.usage(*command, "forkmill submit [OPTIONS] NAME [JSON…]");
  command->footer(kSubmitFooter);
  command->add_option("name", options->name, "Name of the task, as its worker registers it")
      ->required()
      ->option_text("NAME");
  command->add_flag("-d,--detach", options->detach, "Print the task's id as soon as the broker has it, do not wait");
  add_duration(*command, "--wait", options->wait, "Wait no longer than this; the task goes on. Default: until it ends");
  add_submit_options(*command, options->submit);
  add_connection_options(*command, program.connection);
  command->allow_extras();
  command->callback([program, command, options] {
    options->words = argument_words(*command);
    program.action = [program, options] { return submit(*options, program.connection); };
  });
}

}  // namespace forkmill::cli
