// forkmill dead ls, show, retry, drop, and task retry, drop: dead letters, the tasks that have failed for good and are
// kept with their arguments.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "client/cli/commands/change.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/os/confirm.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/cli/text/label.h"
#include "client/cli/text/sealed.h"
#include "client/cli/text/values.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kBatch = 64;  // the most commands in flight
constexpr std::chrono::seconds kLetterTimeout{60};

constexpr const char* kDeadListFooter = R"(Examples:
  forkmill dead ls --since 1d --error timeout
  forkmill dead show 0190163d-8694-739b
  forkmill dead retry --all --task mail.send --since 1h)";

constexpr const char* kRetryFooter =
    R"(Each dead letter is submitted as a new task with its arguments and options but without delay, and then
dropped. Prints OLD_ID -> NEW_ID for each, the first 1,000 of --all. With --all, the oldest are submitted
first; the broker goes on also if this command is interrupted. On a terminal, --all asks for confirmation.

Examples:
  forkmill dead retry 0190163d-8694-739b
  forkmill dead retry --all --task mail.send --since 1h --dry-run
  forkmill dead retry 0190163d-8694-739b --arguments '["someone@example.org", 3]'

Exit status: 0 all were retried; 1 at least one was not; 4 there is no such dead letter.)";

constexpr const char* kDropFooter =
    R"(A dropped dead letter is lost, including its arguments. The command asks for confirmation on a terminal,
and requires --yes elsewhere.

Examples:
  forkmill dead drop --all --queue mail --dry-run
  forkmill dead drop --all --queue mail

Exit status: 0 all were dropped; 1 at least one was not; 4 there is no such dead letter.)";

struct Selection {
  std::vector<std::string> ids;
  bool all = false;
  TaskFilter filter;
  bool dry_run = false;
  bool yes = false;                      // nothing is asked
  std::string queue;                     // `retry` into this queue; empty: their own
  std::optional<std::string> arguments;  // `retry` of one letter with these, a JSON array; none: its own
  OutputOptions output;
};

// The results of the commands so far.
struct Tally {
  std::size_t done = 0;
  std::size_t unknown = 0;
  std::size_t failed = 0;

  // Counts the error and prints it.
  void add_error(const std::string& id, const Error& error) {
    (error.code() == Errc::task_unknown ? unknown : failed)++;
    std::fprintf(stderr, "forkmill: %s: %s\n", id.c_str(), error.what());
  }
  int status() const {
    if (unknown + failed == 0) return 0;
    return static_cast<int>(done + failed == 0 ? ExitCode::not_found : ExitCode::failed);
  }
};

Json ask_dead(Connection& connection, const std::string& id) {
  auto body = ask_task(connection, id);
  const auto state = body.value("state", "");
  if (is_true(body, "history"))
    throw CommandError{ExitCode::not_found,
                       "task " + body.value("id", id) + " is no dead letter any more: only its history is kept",
                       "see it with: forkmill task get " + body.value("id", id)};
  if (state == "failed") return body;
  throw CommandError{ExitCode::not_found, "task " + body.value("id", id) + " is " + state + ", not a dead letter",
                     "see it with: forkmill task get " + body.value("id", id)};
}

// Returns the dead letter. None: there is no such one, which was counted and printed.
std::optional<Json> find_dead(Connection& connection, const std::string& id, Tally& tally) {
  try {
    return ask_dead(connection, id);
  } catch (const Error& error) {
    tally.add_error(id, error);
  } catch (const CommandError& error) {
    if (error.code() == ExitCode::unreachable) throw;
    ++tally.failed;
    std::fprintf(stderr, "forkmill: %s\n", error.what());
  }
  return std::nullopt;
}

std::vector<Json> rows_of(Connection& connection, const Selection& selection, Tally& tally) {
  std::vector<Json> rows;
  const auto keep = [&](const Json& row) { rows.push_back(row); };
  if (selection.all) for_each_task(connection, selection.filter, std::numeric_limits<std::size_t>::max(), keep);
  for (const auto& id : selection.ids) {
    auto letter = find_dead(connection, id, tally);
    if (!letter) continue;
    rows.push_back(*std::move(letter));
    ++tally.done;
  }
  return rows;
}

int dry_run(Connection& connection, const Selection& selection) {
  Tally tally;
  const auto rows = rows_of(connection, selection, tally);
  const auto format = selection.output.format;
  print_stdout(render_tasks(rows, format, selection.output.headers, unix_now().count()));
  return tally.status();
}

// Gives the broker a command for each dead letter, several at a time, and prints the text that `line` makes of the
// answer. Continues after errors, unless the connection is lost or stdout cannot be written.
template <class LetterCommand, class Line>
int for_each_letter(Connection& connection, const std::vector<std::string>& ids, Line line) {
  Tally tally;
  for (std::size_t at = 0; at < ids.size(); at += kBatch) {
    const auto end = std::min(at + kBatch, ids.size());
    std::vector<Future<RawResult>> answers;
    for (auto i = at; i < end; ++i) answers.push_back(connection.client().command(LetterCommand{ids[i]}));
    for (auto i = at; i < end; ++i) {
      try {
        const auto body = json_from_msgpack(connection.answer(std::move(answers[i - at]), kLetterTimeout).bytes);
        ++tally.done;
        print_stdout(line(ids[i], body.value("id", "")) + "\n");
      } catch (const Error& error) {
        tally.add_error(ids[i], error);
      }
    }
  }
  return tally.status();
}

ChangeTasks order_for(const Selection& selection, TaskAction action) {
  return {.action = action, .filter = selection.filter, .queue = selection.queue};
}

int status_of(const Json& answer) {
  return value_of(answer, "skipped").empty() ? 0 : static_cast<int>(ExitCode::failed);
}

int retry_all(Connection& connection, const ChangeTasks& order) {
  const auto answer = change_tasks(connection, order);
  print_changed(answer, "dead letters", "retried",
                [](const Json& row) { return text_of(row, "id") + " -> " + text_of(row, "new_id"); });
  return status_of(answer);
}

// Retries dead letters in another queue than their own. Continues after letters that are not there or not taken.
int retry_elsewhere(Connection& connection, const Selection& selection) {
  Tally tally;
  for (const auto& id : selection.ids) {
    const auto letter = find_dead(connection, id, tally);
    if (!letter) continue;
    ChangeTasks order = order_for(selection, TaskAction::retry);
    order.filter.id = letter->value("id", id);
    (retry_all(connection, order) == 0 ? tally.done : tally.failed)++;
  }
  return tally.status();
}

// Retries one letter with other arguments than its own.
int retry_edited(Connection& connection, const Selection& selection) {
  const auto arguments = msgpack_from_json(parse_arguments({*selection.arguments}));
  const auto letter = ask_dead(connection, selection.ids.front());
  const auto id = text_of(letter, "id");
  // With the key at hand, `letter` has them in the clear.
  if (has_sealed_arguments(connection.ask_packed({.kind = QueryKind::task, .argument = id, .filter = {}})))
    throw CommandError{ExitCode::failed, "the arguments of the task are sealed, and others cannot be sealed here",
                       "submit a new task: forkmill submit"};
  auto label = label_of_task(text_of(letter, "name"), arguments);
  if (label.empty()) label = text_of(letter, "label");
  const auto body = json_from_msgpack(
      connection.answer(connection.client().command(RetryDeadLetter{id, arguments, label}), kLetterTimeout).bytes);
  return print_stdout(id + " -> " + text_of(body, "id") + "\n");
}

// Retries all that match; asks first on a terminal.
int retry_matching(Connection& connection, const Selection& selection) {
  const ChangeTasks order = order_for(selection, TaskAction::retry);
  if (!selection.yes && ::isatty(STDIN_FILENO) == 1) {
    const auto letters = static_cast<std::uint64_t>(number_of(count_tasks(connection, order), "matched"));
    if (letters > 0) confirm("Retry " + format_count(letters, "dead letter") + "? [y/N]", "nothing was retried");
  }
  return retry_all(connection, order);
}

int retry(Connection& connection, const Selection& selection) {
  if (selection.arguments) {
    if (selection.ids.size() != 1 || !selection.queue.empty() || selection.dry_run)
      throw UsageError{"--arguments is for one dead letter, without --to and --dry-run"};
    return retry_edited(connection, selection);
  }
  if (selection.dry_run) return dry_run(connection, selection);
  if (selection.all) return retry_matching(connection, selection);
  if (!selection.queue.empty()) return retry_elsewhere(connection, selection);
  return for_each_letter<RetryDeadLetter>(
      connection, selection.ids, [](const std::string& old, const std::string& fresh) { return old + " -> " + fresh; });
}

int drop(Connection& connection, const Selection& selection) {
  if (selection.dry_run) return dry_run(connection, selection);
  if (!selection.all) {
    if (!selection.yes)
      confirm("Permanently drop " + format_count(selection.ids.size(), "dead letter") + "? [y/N]",
              "nothing was dropped");
    return for_each_letter<DropDeadLetter>(connection, selection.ids,
                                           [](const std::string&, const std::string& id) { return id + "  dropped"; });
  }
  const ChangeTasks order = order_for(selection, TaskAction::drop);
  if (!selection.yes) {
    const auto letters = static_cast<std::uint64_t>(number_of(count_tasks(connection, order), "matched"));
    if (letters > 0)
      confirm("Permanently drop " + format_count(letters, "dead letter") + "? [y/N]", "nothing was dropped");
  }
  const auto answer = change_tasks(connection, order);
  print_changed(answer, "dead letters", "dropped", [](const Json& row) { return text_of(row, "id") + "  dropped"; });
  return status_of(answer);
}

void check(const Selection& selection, bool asks) {
  if (selection.all == !selection.ids.empty()) throw UsageError{"give either ids or --all"};
  if (asks && !selection.dry_run) check_can_ask(selection.yes);
}

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("ids", selection.ids, "Ids, or unambiguous prefixes of at least 8 characters")
      ->option_text("ID...");
  auto* all = command.add_flag("--all", selection.all, "Select all dead letters, or those that match the filters");
  for (auto* option : add_filter_options(command, selection.filter)) option->needs(all)->group("Filters for --all");
  command.add_flag("--dry-run", selection.dry_run, "List the selected dead letters and exit");
  add_format_options(command, selection.output);
}

void add_show_dead(const Program& program, CLI::App& group) {
  auto* command =
      group.add_subcommand("show", "Show a dead letter with its error, backtrace, last output and arguments")
          ->alias("get");
  auto id = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  command->footer(
      "Arguments are shown as JSON; as {\"hex\": ...} if they are not msgpack or exceed 16 KiB.\nSealed ones are "
      "opened "
      "with --seal-keys, up to 16 KiB.\n\n"
      "Example:\n  forkmill dead show 0190163d-8694-739b");
  command->add_option("id", *id, "Id, or an unambiguous prefix of at least 8 characters")
      ->required()
      ->option_text("ID");
  add_format_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, id, output] {
    program.action = [program, id, output] {
      Connection connection{program.connection};
      return print_stdout(render_dead(ask_dead(connection, *id), output->format, unix_now().count()));
    };
  });
}

std::shared_ptr<Selection> add_action(const Program& program, CLI::App& command, bool asks,
                                      int (*act)(Connection&, const Selection&)) {
  auto selection = std::make_shared<Selection>();
  selection->filter.state = "failed";
  add_selection(command, *selection);
  add_connection_options(command, program.connection);
  command.callback([program, selection, asks, act] {
    program.action = [program, selection, asks, act] {
      check(*selection, asks);
      Connection connection{program.connection};
      return act(connection, *selection);
    };
  });
  return selection;
}

}  // namespace

void add_dead_letter_actions(const Program& program, CLI::App& group) {
  auto* retried = group.add_subcommand("retry", "Submit dead letters again as new tasks");
  retried->footer(kRetryFooter);
  const auto selection = add_action(program, *retried, false, retry);
  retried->add_option("--to", selection->queue, "The queue of the new tasks [default: their own]")->type_name("QUEUE");
  retried->add_flag("-y,--yes", selection->yes, "Do not ask for confirmation");
  retried
      ->add_option_function<std::string>(
          "--arguments", [selection](const std::string& json) { selection->arguments = json; },  // also an empty text
          "Other arguments, a JSON array, for one dead letter; of another principal's, for admins only [default: its "
          "own]")
      ->type_name("JSON");
  auto* dropped = group.add_subcommand("drop", "Delete dead letters permanently");
  dropped->footer(kDropFooter);
  const auto asked = add_action(program, *dropped, true, drop);
  dropped->add_flag("-y,--yes", asked->yes, "Do not ask for confirmation");
}

void add_dead(const Program& program) {
  auto* group =
      program.app.add_subcommand("dead", "List, show, retry and drop dead letters: tasks that have failed for good")
          ->require_subcommand(1);
  TaskFilter failed;
  failed.state = "failed";
  add_list(program, *group, "List dead letters, newest first", kDeadListFooter, failed);
  add_show_dead(program, *group);
  add_dead_letter_actions(program, *group);
}

}  // namespace forkmill::cli
