#include "client/cli/commands/tasks.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/os/terminal.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/cli/text/sealed.h"
#include "client/cli/text/when.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kPage = 1000;  // rows of one answer
constexpr std::size_t kMaxRows = 1'000'000;
// Limits of the count of tasks beyond those that are listed.
constexpr std::size_t kMaxCountedTasks = 20'000;
constexpr std::chrono::seconds kMaxCounting{1};

struct ListCommand {
  TaskFilter filter;
  std::size_t max = 50;
  OutputOptions output;
};

CLI::Option* add_when(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                      const std::string& help) {
  return command
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const auto when = parse_when(text, unix_now());
            if (!when)
              throw CLI::ValidationError{name, "'" + text + "' is not a time; write 10m (ago) or 2026-11-20T13:51:13Z"};
            value = *when;
          },
          help)
      ->type_name("WHEN");
}

// Says on stderr how many tasks there are beyond those that were listed, as far as that is quickly counted.
void report_rest(Connection& connection, TaskFilter filter, std::size_t listed, std::uint64_t next) {
  std::size_t rest = 0;
  filter.before = next;
  const auto end = std::chrono::steady_clock::now() + kMaxCounting;
  const bool more = for_each_task(
                        connection, filter, kMaxCountedTasks, [&](const Json&) { ++rest; },
                        [&](std::int64_t) { return std::chrono::steady_clock::now() < end; }) != 0;
  if (rest == 0 && more) std::fprintf(stderr, "forkmill: %zu tasks, and perhaps older ones; -n N lists more\n", listed);
  if (rest == 0) return;
  std::fprintf(stderr, "forkmill: %zu of %s%zu tasks; -n N lists more\n", listed, more ? "more than " : "",
               listed + rest);
}

// Returns the rows, and TaskFilter::before for the next tasks. Tells meanwhile, on a terminal, how far the broker has
// looked.
std::pair<std::vector<Json>, std::uint64_t> search(Connection& connection, const ListCommand& options) {
  std::vector<Json> rows;
  bool shown = false;
  const auto tell = [&](std::int64_t reached_ms) {
    if (reached_ms == 0) return true;
    shown = true;
    std::fprintf(stderr, "\r\x1b[Kforkmill: %zu tasks so far, back to %s", rows.size(),
                 format_time(reached_ms).c_str());
    return true;
  };
  const auto next = for_each_task(
      connection, options.filter, options.max, [&](const Json& row) { rows.push_back(row); },
      terminal().err ? GoesOn{tell} : GoesOn{});
  if (shown) std::fputs("\r\x1b[K", stderr);
  return {std::move(rows), next};
}

int list(Connection& connection, const ListCommand& options) {
  const auto [rows, next] = search(connection, options);
  if (next != 0) report_rest(connection, options.filter, rows.size(), next);
  const auto format = options.output.format;
  return print_stdout(render_tasks(rows, format, options.output.headers, unix_now().count()));
}

}  // namespace

std::chrono::milliseconds unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

std::vector<CLI::Option*> add_filter_options(CLI::App& command, TaskFilter& filter) {
  return {
      command.add_option("--id", filter.id, "Only tasks whose ids start with PREFIX")->type_name("PREFIX"),
      command.add_option("--queue", filter.queue, "Only tasks of this queue")->type_name("QUEUE"),
      command.add_option("--task,--name", filter.name, "Only tasks with this name")->type_name("NAME"),
      add_when(command, "--since", filter.since,
               "Only tasks submitted at this time or later: 10m (ago), or 2026-11-20T13:51 (local time, or with Z "
               "or +01:00)"),
      add_when(command, "--until", filter.until, "Only tasks submitted at this time or earlier"),
      command
          .add_option("--error", filter.text,
                      "Only tasks with this text in the type, message or code of the error, ignoring upper/lower case")
          ->type_name("TEXT"),
      command
          .add_option("--argument", filter.arguments,
                      "Only tasks with this text in their arguments or label, ignoring upper/lower case")
          ->type_name("TEXT")};
}

void add_list(const Program& program, CLI::App& group, const std::string& help, const std::string& footer,
              TaskFilter filter) {
  auto* command = group.add_subcommand("ls", help)->alias("list");
  auto options = std::make_shared<ListCommand>();
  options->filter = std::move(filter);
  command->footer(footer);
  if (options->filter.state.empty()) {
    command
        ->add_option("--state", options->filter.state,
                     "Only tasks in this state: scheduled, ready, running, succeeded, failed, cancelled or expired")
        ->type_name("STATE");
    command->add_flag("--finished", options->filter.finished,
                      "The history of finished tasks, the latest ends first: also those whose results are no longer "
                      "kept (forkmill-broker --history-age)");
  }
  add_filter_options(*command, options->filter);
  add_number(*command, "-n,--most", options->max, std::size_t{1}, kMaxRows, "Maximum number of rows");
  add_format_options(*command, options->output);
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      Connection connection{program.connection};
      return list(connection, *options);
    };
  });
}

std::uint64_t for_each_task(Connection& connection, TaskFilter filter, std::size_t max,
                            const std::function<void(const Json& row)>& use, const GoesOn& goes_on) {
  while (max > 0) {
    filter.most = static_cast<std::uint32_t>(std::min(max, kPage));
    const auto body = connection.ask(Query{.kind = QueryKind::tasks, .argument = "", .filter = filter});
    if (filter.finished && !is_true(body, "history"))
      throw CommandError{ExitCode::failed, "the broker is older than the history of finished tasks",
                         "upgrade it, or list without --finished"};
    const auto rows = body.value("tasks", Json::array());
    for (const auto& row : rows) use(row);
    filter.before = body.value("next", std::uint64_t{0});
    if (filter.before == 0) return 0;
    max -= std::min(max, rows.size());
    if (max > 0 && goes_on && !goes_on(number_of(body, "reached_at_ms"))) break;
  }
  return filter.before;
}

void add_view(const Program& program, CLI::App& command, QueryKind kind, View view) {
  auto output = std::make_shared<OutputOptions>();
  add_output_options(command, *output);
  add_connection_options(command, program.connection);
  command.callback([program, output, kind, view] {
    program.action = [program, output, kind, view] {
      Connection connection{program.connection};
      return print_result(*output, [&] { return view(connection.ask(kind), *output); });
    };
  });
}

Json ask_task(Connection& connection, const std::string& id) {
  const auto bytes = connection.ask_packed({.kind = QueryKind::task, .argument = id, .filter = {}});
  return task_from_msgpack(bytes, connection.seal_keys());
}

TaskId task_id(const Json& task) {
  const auto id = TaskId::parse(task.value("id", ""));
  if (!id) throw CommandError{ExitCode::not_found, "there is no such task"};
  return *id;
}

}  // namespace forkmill::cli
