#include "client/cli/commands/change.h"

#include <chrono>
#include <cstdio>
#include <random>
#include <utility>

#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/os/terminal.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/cli/text/values.h"
#include "client/cli/views/changes.h"

namespace forkmill::cli {

namespace {

constexpr std::chrono::milliseconds kBetweenLooks{500};

TaskId new_id() {
  std::random_device entropy;
  const auto number = [&] { return std::uint64_t{entropy()} << 32 | entropy(); };
  const std::uint64_t high = number();
  return TaskId::make(static_cast<std::uint64_t>(unix_now().count()), high, number());
}

// Overwrites the line of the terminal with how far the change has come.
void show_progress(Connection& connection, const TaskId& id) {
  for (const auto& row : value_of(connection.ask(QueryKind::changes, id.to_string()), "changes")) {
    std::int64_t done = number_of(row, "changed") + number_of(row, "requested");
    const auto skipped = value_of(row, "skipped");
    for (const auto& [reason, count] : skipped.items()) done += count.get<std::int64_t>();
    std::fprintf(stderr, "\r\x1b[K%lld of %lld tasks", static_cast<long long>(done),
                 static_cast<long long>(number_of(row, "matched")));
  }
}

// A broker that is too old to know this condition would change other tasks as well.
void check_known(const TaskFilter& filter, const Json& counted) {
  if (filter.arguments.empty() || text_of(value_of(counted, "filter"), "arguments") == filter.arguments) return;
  throw CommandError{ExitCode::failed, "the broker is older than the search for arguments",
                     "upgrade it, or select the tasks without --argument"};
}

}  // namespace

Json count_tasks(Connection& connection, ChangeTasks order) {
  order.dry_run = true;
  order.id = new_id();
  auto counted = connection.carry_out_without_timeout(order);
  check_known(order.filter, counted);
  return counted;
}

Json change_tasks(Connection& connection, ChangeTasks order) {
  if (!order.filter.arguments.empty()) (void)count_tasks(connection, order);
  order.id = new_id();
  auto answer = connection.client().command(order);
  const bool shows = terminal().err;
  bool shown = false;
  while (!answer.wait_for(kBetweenLooks)) {
    if (!shows) continue;
    show_progress(connection, order.id);
    shown = true;
  }
  if (shown) std::fputs("\r\x1b[K", stderr);
  return json_from_msgpack(answer.get().bytes);
}

void print_changed(const Json& answer, const char* things, const char* verb, std::string (*line)(const Json& row)) {
  std::string lines;
  std::int64_t listed = 0;
  for (const auto& row : value_of(answer, "tasks")) {
    lines += line(row) + "\n";
    ++listed;
  }
  print_stdout(lines);
  if (number_of(answer, "matched") == 0)
    std::fprintf(stderr, "forkmill: there are no such %s\n", things);
  else if (listed < number_of(answer, "matched"))
    std::fprintf(stderr, "forkmill: %s\n", change_summary(answer, verb).c_str());
}

}  // namespace forkmill::cli
