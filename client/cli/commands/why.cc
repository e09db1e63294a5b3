// forkmill why: tells why a task waits or ended as it did, and why a queue or a worker stands still.
#include <string>

#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/answers.h"
#include "client/cli/views/why.h"

namespace forkmill::cli {

namespace {

constexpr const char* kWhyFooter =
    R"(The broker answers from its own rules, in words: what the task waits for, what is granted before it, why it
failed, and how each of its attempts ended. The history of finished tasks tells of those that are no longer kept.

Examples:
  forkmill why 0190163d-8694-739b       one task: its id, or an unambiguous prefix of at least 8 characters
  forkmill why queue mail               why the tasks of a queue wait
  forkmill why worker host-1            why a worker gets no tasks; `forkmill worker ls` has the names
  forkmill why 0190163d -o json | jq -r '.findings[].reason'

Exit status: 4 there is no such task, queue or worker.)";

using Render = std::string (*)(const Json& body, Format format);

// Subject: a kind of thing to ask about, and how to show the answer.
struct Subject {
  QueryKind kind;
  Render render;
  const char* list;  // the rows of the answer; null: it is one task
  const char* what;
};

Json ask_why(Connection& connection, const Subject& subject, const std::string& name) {
  try {
    return connection.ask(subject.kind, name);
  } catch (const Error& error) {
    if (error.code() != Errc::bad_request) throw;
    throw CommandError{ExitCode::failed, "this broker is older than `forkmill why`, and does not answer it",
                       "upgrade the broker"};
  }
}

std::string show(Connection& connection, const Subject& subject, const std::string& name, Format format) {
  const auto body = ask_why(connection, subject, name);
  if (subject.list != nullptr && value_of(body, subject.list).empty())
    throw CommandError{ExitCode::not_found, std::string{"there is no "} + subject.what + " " + name};
  return subject.render(body, format);
}

// Adds the name of a `subject` to `command`, and what asks about it unless a command below it is given. `output` is
// that of all subjects: its options may stand before and after the command below.
CLI::Option* add_subject(const Program& program, CLI::App& command, const Subject& subject,
                         const std::shared_ptr<OutputOptions>& output, const char* value_name, const char* help) {
  auto name = std::make_shared<std::string>();
  auto* option = command.add_option("name", *name, help)->option_text(value_name);
  add_output_options(command, *output);
  add_connection_options(command, program.connection);
  command.callback([program, &command, subject, name, output, value_name] {
    const bool asks_below = !command.get_subcommands().empty();
    if (asks_below && !name->empty()) throw CLI::ValidationError{"unexpected argument '" + *name + "'"};
    if (asks_below) return;
    if (name->empty()) throw CLI::RequiredError{value_name};
    program.action = [program, subject, name, output] {
      Connection connection{program.connection};
      return print_result(*output, [&] { return show(connection, subject, *name, output->format); });
    };
  });
  return option;
}

}  // namespace

void add_why(const Program& program) {
  auto* command =
      program.app.add_subcommand("why", "Explain why a task, a queue or a worker waits, or why a task failed");
  command->footer(kWhyFooter);
  const auto output = std::make_shared<OutputOptions>();
  add_subject(program, *command, {QueryKind::why_task, render_why_task, nullptr, "task"}, output, "ID",
              "Id of a task, or an unambiguous prefix of at least 8 characters");
  auto* queue = command->add_subcommand("queue", "Explain why the tasks of a queue wait");
  queue->footer("Example:\n  forkmill why queue mail");
  add_subject(program, *queue, {QueryKind::why_queue, render_why_queues, "queues", "queue"}, output, "NAME",
              "Name of the queue")
      ->required();
  auto* worker = command->add_subcommand("worker", "Explain why a worker gets no tasks");
  worker->footer("Example:\n  forkmill why worker host-1 -o jsonl");
  add_subject(program, *worker, {QueryKind::why_worker, render_why_workers, "workers", "worker"}, output, "NAME",
              "Name of the worker")
      ->required();
}

}  // namespace forkmill::cli
