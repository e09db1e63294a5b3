#include "client/cli/commands/change.h"

#include <chrono>
#include <cstdio>
#include <random>
#include <utility>

#include "client/cli/commands/tasks.h"
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

}  // namespace

Json count_tasks(Connection& connection, ChangeTasks order) {
  order.dry_run = true;
  order.id = new_id();
  return connection.carry_out_without_timeout(order);
}

Json change_tasks(Connection& connection, ChangeTasks order) {
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
