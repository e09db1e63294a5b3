#include "client/cli/commands/tasks.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "client/cli/text/values.h"
#include "client/cli/text/when.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kPage = 1000;  // rows of one answer
constexpr std::size_t kMaxRows = 1'000'000;

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

int list(Connection& connection, const ListCommand& options) {
  std::vector<Json> rows;
  for_each_task(connection, options.filter, options.max, [&](const Json& row) { rows.push_back(row); });
  const auto format = options.output.format;
  return print_stdout(task_table(rows, format, unix_now().count()).render(format, options.output.headers));
}

}  // namespace

std::chrono::milliseconds unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

std::vector<CLI::Option*> add_filter_options(CLI::App& command, TaskFilter& filter) {
  return {command.add_option("--id", filter.id, "Only tasks whose ids start with PREFIX")->type_name("PREFIX"),
          command.add_option("--queue", filter.queue, "Only tasks of this queue")->type_name("QUEUE"),
          command.add_option("--task", filter.name, "Only tasks with this name")->type_name("NAME"),
          add_when(command, "--since", filter.since,
                   "Only tasks submitted at this time or later: 10m (ago), or 2026-11-20T13:51 (local time, or with Z "
                   "or +01:00)"),
          add_when(command, "--until", filter.until, "Only tasks submitted at this time or earlier"),
          command.add_option("--error", filter.text, "Only tasks with this text in the type or message of the error")
              ->type_name("TEXT")};
}

void add_list(const Program& program, CLI::App& group, const std::string& help, const std::string& footer,
              TaskFilter filter) {
  auto* command = group.add_subcommand("ls", help);
  auto options = std::make_shared<ListCommand>();
  options->filter = std::move(filter);
  command->footer(footer);
  if (options->filter.state.empty()) {
    command
        ->add_option("--state", options->filter.state,
                     "Only tasks in this state: scheduled, ready, running, succeeded, failed, cancelled or expired")
        ->type_name("STATE");
  }
  add_filter_options(*command, options->filter);
  add_number(*command, "-n,--most", options->max, std::size_t{1}, kMaxRows, "Maximum rows");
  add_format_options(*command, options->output);
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      Connection connection{program.connection};
      return list(connection, *options);
    };
  });
}

void for_each_task(Connection& connection, TaskFilter filter, std::size_t max,
                   const std::function<void(const Json& row)>& use) {
  while (max > 0) {
    filter.most = static_cast<std::uint32_t>(std::min(max, kPage));
    const auto body = connection.ask(Query{.kind = QueryKind::tasks, .argument = "", .filter = filter});
    const auto rows = body.value("tasks", Json::array());
    for (const auto& row : rows) use(row);
    filter.before = body.value("next", std::uint64_t{0});
    if (filter.before == 0) return;
    max -= std::min(max, rows.size());
  }
}

Json ask_task(Connection& connection, const std::string& id) {
  const auto bytes = connection.ask_packed({.kind = QueryKind::task, .argument = id, .filter = {}});
  auto body = json_from_msgpack(bytes);
  if (const auto arguments = bin_in_msgpack(bytes, "arguments")) body["arguments"] = json_or_hex(*arguments);
  return body;
}

}  // namespace forkmill::cli
