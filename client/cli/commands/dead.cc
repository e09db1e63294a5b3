// forkmill dead ls, show, retry, drop: tasks that failed for good and are kept with their arguments.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <limits>

#include "client/cli/command_error.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/os/write_all.h"
#include "client/cli/text/values.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kAtOnce = 64;  // questions under way
constexpr std::chrono::seconds kAnsweredWithin{60};

constexpr const char* kListFooter = R"(Examples:
  forkmill dead ls --since 1d --error timeout
  forkmill dead show 0190163d-8694-739b
  forkmill dead retry --all --task mail.send --since 1h)";

constexpr const char* kRetryFooter =
    R"(A dead letter is never run again itself: a new task with its arguments and options is submitted, due at
once, and the dead letter is dropped. Prints OLD -> NEW for each; with --all the oldest go first.

Exit status: 0 all were retried; 1 one was not, the others were; 4 none is there.)";

constexpr const char* kDropFooter =
    R"(What is dropped is gone for good, arguments and all; look first with --dry-run. On a terminal you are
asked before; elsewhere say --yes.

Exit status: 0 all were dropped; 1 one was not, the others were; 4 none is there.)";

struct Selection {
  std::vector<std::string> ids;
  bool all = false;
  TaskFilter filter;
  bool dry_run = false;
  bool yes = false;  // drop
  OutputOptions output;
};

// What became of the letters so far.
struct Tally {
  std::size_t done = 0;
  std::size_t unknown = 0;
  std::size_t failed = 0;

  void complain(const std::string& id, const Error& error) {
    if (error.code() == Errc::disconnected || error.code() == Errc::timeout) throw;
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
  if (state == "failed") return body;
  throw CommandError{ExitCode::not_found, "task " + body.value("id", id) + " is " + state + ", not a dead letter",
                     "see it with: forkmill task get " + body.value("id", id)};
}

// As the row of a list.
Json row_of(Json body) {
  if (const auto error = body.find("error"); error != body.end()) body["message"] = error->value("message", "");
  return body;
}

std::vector<Json> rows_of(Connection& connection, const Selection& selection, Tally& tally) {
  std::vector<Json> rows;
  const auto keep = [&](const Json& row) { rows.push_back(row); };
  if (selection.all) for_each_task(connection, selection.filter, std::numeric_limits<std::size_t>::max(), keep);
  for (const auto& id : selection.ids) {
    try {
      rows.push_back(row_of(ask_dead(connection, id)));
      ++tally.done;
    } catch (const Error& error) {
      tally.complain(id, error);
    } catch (const CommandError& error) {
      ++tally.failed;
      std::fprintf(stderr, "forkmill: %s\n", error.what());
    }
  }
  return rows;
}

int dry_run(Connection& connection, const Selection& selection) {
  Tally tally;
  const auto rows = rows_of(connection, selection, tally);
  const auto format = selection.output.format;
  const auto text = task_table(rows, format, unix_now().count()).render(format, selection.output.headers);
  (void)write_all(STDOUT_FILENO, text, "standard output");
  return tally.status();
}

// Newest first.
std::vector<std::string> ids_of(Connection& connection, const Selection& selection) {
  if (!selection.all) return selection.ids;
  std::vector<std::string> ids;
  for_each_task(connection, selection.filter, std::numeric_limits<std::size_t>::max(),
                [&](const Json& row) { ids.push_back(row.value("id", "")); });
  if (ids.empty()) std::fputs("forkmill: there are no such dead letters\n", stderr);
  return ids;
}

// Asks for each, many at a time, and prints what `line` makes of the answer. All are tried, unless the broker goes away
// or nobody reads what is printed.
template <class Line>
int for_each_letter(Connection& connection, QueryKind kind, const std::vector<std::string>& ids, Line line) {
  Tally tally;
  for (std::size_t at = 0; at < ids.size(); at += kAtOnce) {
    const auto end = std::min(at + kAtOnce, ids.size());
    std::vector<Future<RawResult>> answers;
    for (auto i = at; i < end; ++i) answers.push_back(connection.client().query(kind, ids[i]));
    bool read = true;
    for (auto i = at; i < end; ++i) {
      try {
        const auto body = json_from_msgpack(answers[i - at].get_for(kAnsweredWithin).bytes);
        ++tally.done;
        read = read && write_all(STDOUT_FILENO, line(ids[i], body.value("id", "")) + "\n", "standard output");
      } catch (const Error& error) {
        tally.complain(ids[i], error);
      }
    }
    if (!read) break;
  }
  return tally.status();
}

int retry(Connection& connection, const Selection& selection) {
  if (selection.dry_run) return dry_run(connection, selection);
  auto ids = ids_of(connection, selection);
  if (selection.all) std::reverse(ids.begin(), ids.end());
  return for_each_letter(connection, QueryKind::dead_retry, ids,
                         [](const std::string& old, const std::string& fresh) { return old + " -> " + fresh; });
}

void confirm(std::size_t letters) {
  std::fprintf(stderr, "Drop %zu dead letter(s) for good? [y/N] ", letters);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return;
  throw CommandError{ExitCode::failed, "nothing was dropped"};
}

int drop(Connection& connection, const Selection& selection) {
  if (selection.dry_run) return dry_run(connection, selection);
  const auto ids = ids_of(connection, selection);
  if (!selection.yes && !ids.empty()) confirm(ids.size());
  return for_each_letter(connection, QueryKind::dead_drop, ids,
                         [](const std::string&, const std::string& id) { return id + "  dropped"; });
}

void check(const Selection& selection, bool asks) {
  if (selection.all == !selection.ids.empty()) throw UsageError{"name either ids or --all"};
  if (asks && !selection.yes && !selection.dry_run && ::isatty(STDIN_FILENO) != 1)
    throw UsageError{"dropping is for good, and nobody can be asked here", "say --yes, or look first with --dry-run"};
}

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("ids", selection.ids, "Their ids, or unambiguous beginnings of at least 8 characters")
      ->option_text("ID…");
  auto* all = command.add_flag("--all", selection.all, "All of them, or all that the options below let through");
  for (auto* option : add_filter_options(command, selection.filter)) option->needs(all);
  command.add_flag("--dry-run", selection.dry_run, "Only list them");
  add_format_options(command, selection.output);
}

void add_show(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("show", "All that is known of one: error, backtrace, last output, arguments");
  auto id = std::make_shared<std::string>();
  auto output = std::make_shared<OutputOptions>();
  command->footer(
      "Arguments are shown in JSON, or {\"hex\": …} when they are not msgpack or too long for this (16 KiB).");
  command->add_option("id", *id, "Its id, or an unambiguous beginning of at least 8 characters")
      ->required()
      ->option_text("ID");
  add_format_options(*command, *output);
  add_connection_options(*command, program.connection);
  command->callback([program, id, output] {
    program.action = [program, id, output] {
      Connection connection{program.connection};
      const auto text = render_dead(ask_dead(connection, *id), output->format);
      (void)write_all(STDOUT_FILENO, text, "standard output");
      return 0;
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

void add_dead(const Program& program) {
  auto* group = program.app.add_subcommand("dead", "Dead letters: tasks that failed for good")->require_subcommand(1);
  TaskFilter failed;
  failed.state = "failed";
  add_list(program, *group, "List them, newest first", kListFooter, failed);
  add_show(program, *group);
  auto* retried = group->add_subcommand("retry", "Submit them anew");
  retried->footer(kRetryFooter);
  add_action(program, *retried, false, retry);
  auto* dropped = group->add_subcommand("drop", "Drop them for good");
  dropped->footer(kDropFooter);
  const auto selection = add_action(program, *dropped, true, drop);
  dropped->add_flag("-y,--yes", selection->yes, "Do not ask");
}

}  // namespace forkmill::cli
