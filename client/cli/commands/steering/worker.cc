// forkmill worker ls, drain, restart, scale, pause, resume: the workers.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/os/confirm.h"
#include "client/cli/text/answers.h"

namespace forkmill::cli {

namespace {

constexpr const char* kDrainWorkerFooter =
    R"(A drained worker finishes what runs, hands back what has not started, and ends, as on SIGTERM; --drain-timeout
of the worker limits that. It ends with status 0: what has started it decides whether it is started again. A
worker of an earlier version does not obey and is reported as unsupported: send it SIGTERM.

Examples:
  forkmill worker drain w1 --wait
  forkmill worker drain --host node7 --yes

Exit status: 0 the workers drain, or have ended with --wait; 1 one of them does not obey; 4 there is no such
worker.)";

constexpr const char* kRestartWorkerFooter =
    R"(A restarted worker finishes what runs, hands back what has not started, and starts the same program with the
same arguments and process id again, so that a newer version that was installed meanwhile runs. SIGTERM
during the drain ends it for good. A worker of an earlier version does not obey and is reported as
unsupported, and so are workers that a client has started.

Examples:
  forkmill worker restart w1 --wait
  forkmill worker restart --host node7 --yes

Exit status: 0 the workers restart, or have restarted with --wait; 1 one of them does not obey; 4 there is no
such worker.)";

constexpr const char* kScaleWorkerFooter =
    R"(A worker may have up to four times the processes that --processes gave it, or four times the most that
--processes auto may give it, and 4096 at most. Processes beyond a lower number end when they have
finished what they run. With --processes auto, the order also ends that the worker follows its load. A worker
that is started again has its own number again, or follows its load again.

Examples:
  forkmill worker scale w1=8
  forkmill worker scale w1=2 w2=2)";

constexpr const char* kPauseWorkerFooter =
    R"(A paused worker stays connected, finishes what it has, and gets no further tasks until `forkmill worker
resume`, also when it or the broker is restarted (a broker with --memory forgets it).

Examples:
  forkmill worker pause w1
  forkmill worker resume --all)";

struct WorkerSelection {
  std::vector<std::string> names;
  std::string host;
  bool all = false;
  bool wait = false;
  const char* asks = nullptr;  // the verb, if it asks before it steers all workers, or all of a host
  const char* done = "";       // its past tense
  bool comes_back = false;     // --wait: until the workers are there again
  bool yes = false;
  OutputOptions output;
};

constexpr std::chrono::milliseconds kLookForWorkers{200};

std::string show_workers(const Json& body, const OutputOptions& output) {
  return worker_table(body, unix_now().count()).render(output.format, output.headers);
}

using MakeOrders = std::vector<SteerWorkers> (*)(const WorkerSelection& selection);

// Throws UsageError unless the workers are chosen in exactly one way.
template <WorkerAction action>
std::vector<SteerWorkers> orders_of(const WorkerSelection& selection) {
  if (int{!selection.names.empty()} + int{!selection.host.empty()} + int{selection.all} != 1)
    throw UsageError{"give either names, --host or --all"};
  if (selection.names.empty()) return {SteerWorkers{.action = action, .host = selection.host}};
  std::vector<SteerWorkers> orders;
  orders.reserve(selection.names.size());
  for (const auto& name : selection.names) orders.push_back({.action = action, .name = name});
  return orders;
}

int status_of_steering(const Json& answer) {
  for (const auto& row : value_of(answer, "workers"))
    if (text_of(row, "answer") == "unsupported") return static_cast<int>(ExitCode::failed);
  return 0;
}

int print_answer(const Json& answer, const OutputOptions& output) {
  print_stdout(steered_table(answer).render(output.format, output.headers));
  return status_of_steering(answer);
}

// Blocks until none of the workers in `answer` that obey is connected.
void await_end(Connection& connection, const Json& answer) {
  std::set<std::pair<std::string, std::string>> leaving;
  for (const auto& row : value_of(answer, "workers"))
    if (text_of(row, "answer") != "unsupported") leaving.emplace(text_of(row, "name"), text_of(row, "host"));
  const auto any_there = [&] {
    for (const auto& row : value_of(connection.ask(QueryKind::workers), "workers")) {
      if (is_true(row, "draining") && leaving.contains({text_of(row, "name"), text_of(row, "host")})) return true;
    }
    return false;
  };
  while (any_there()) std::this_thread::sleep_for(kLookForWorkers);
}

// "w1=8"
SteerWorkers scale_order(const std::string& text) {
  const auto sign = text.rfind('=');
  const auto number = sign == std::string::npos ? "" : text.substr(sign + 1);
  SteerWorkers order{.action = WorkerAction::scale, .name = text.substr(0, sign)};
  if (order.name.empty() || !CLI::detail::lexical_cast(number, order.children) || order.children == 0)
    throw UsageError{"'" + text + "' is not NAME=N with a number of 1 or more"};
  return order;
}

std::vector<SteerWorkers> scale_orders(const WorkerSelection& selection) {
  std::vector<SteerWorkers> orders;
  orders.reserve(selection.names.size());
  for (const auto& text : selection.names) orders.push_back(scale_order(text));
  return orders;
}

// "; ordered before: w1, w2"
std::string done_before(const Json& rows) {
  std::string text;
  for (const auto& row : rows) text += (text.empty() ? "; ordered before: " : ", ") + text_of(row, "name");
  return text;
}

// Returns the rows of all answers, as one answer. If one order fails, prints the answers before, whose orders stay
// valid, and throws an error that names their workers.
Json carry_out_all(Connection& connection, const std::vector<SteerWorkers>& orders, const OutputOptions& output) {
  Json answer{{"workers", Json::array()}};
  auto& rows = answer["workers"];
  try {
    for (const auto& order : orders) {
      const auto body = connection.carry_out(order);
      for (const auto& row : value_of(body, "workers")) rows.push_back(row);
    }
  } catch (const Error& error) {
    if (rows.empty()) throw;
    print_answer(answer, output);
    const auto code = error.code() == Errc::worker_unknown ? ExitCode::not_found : ExitCode::failed;
    throw CommandError{code, error.what() + done_before(rows)};
  }
  return answer;
}

// Returns the workers by name and host, with their sessions.
std::set<std::tuple<std::string, std::string, std::int64_t>> sessions_of_workers(Connection& connection) {
  std::set<std::tuple<std::string, std::string, std::int64_t>> sessions;
  for (const auto& row : value_of(connection.ask(QueryKind::workers), "workers"))
    sessions.emplace(text_of(row, "name"), text_of(row, "host"), number_of(row, "session"));
  return sessions;
}

// Blocks until each worker in `answer` that obeys has a session that is not among those `before`.
void await_return(Connection& connection, const Json& answer,
                  const std::set<std::tuple<std::string, std::string, std::int64_t>>& before) {
  for (const auto& row : value_of(answer, "workers")) {
    if (text_of(row, "answer") == "unsupported") continue;
    const auto is_back = [&] {
      const auto now = sessions_of_workers(connection);
      return std::ranges::any_of(now, [&](const auto& one) {
        const auto& [name, host, session] = one;
        return name == text_of(row, "name") && host == text_of(row, "host") && !before.contains(one);
      });
    };
    while (!is_back()) std::this_thread::sleep_for(kLookForWorkers);
  }
}

void confirm_end(const WorkerSelection& selection) {
  check_can_ask(selection.yes, "give --yes; `forkmill worker ls` lists the workers");
  if (!selection.yes)
    confirm(selection.asks + std::string{" all workers"} +
                (selection.host.empty() ? "" : " of host " + selection.host) + "? [y/N]",
            std::string{"nothing was "} + selection.done);
}

int steer(const WorkerSelection& selection, MakeOrders make_orders, const ConnectionOptions& connection_options) {
  const auto orders = make_orders(selection);
  if (selection.asks != nullptr && selection.names.empty()) confirm_end(selection);
  Connection connection{connection_options};
  const auto before = sessions_of_workers(connection);
  const auto answer = carry_out_all(connection, orders, selection.output);
  if (selection.wait) await_end(connection, answer);
  if (selection.wait && selection.comes_back) await_return(connection, answer, before);
  return print_answer(answer, selection.output);
}

std::shared_ptr<WorkerSelection> add(const Program& program, CLI::App& command, const char* names, const char* help,
                                     MakeOrders make_orders) {
  auto selection = std::make_shared<WorkerSelection>();
  command.add_option("names", selection->names, help)->option_text(names);
  add_format_options(command, selection->output);
  add_connection_options(command, program.connection);
  command.callback([program, selection, make_orders] {
    program.action = [program, selection, make_orders] { return steer(*selection, make_orders, program.connection); };
  });
  return selection;
}

std::shared_ptr<WorkerSelection> add_for_many(const Program& program, CLI::App& command, MakeOrders make_orders) {
  auto selection = add(program, command, "NAME...", "Names of workers", make_orders);
  command.add_option("--host", selection->host, "All workers of this host")->type_name("HOST");
  command.add_flag("--all", selection->all, "All workers");
  return selection;
}

void add_worker_drain(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("drain", "Let workers finish what they run, and end");
  const auto selection = add_for_many(program, *command, orders_of<WorkerAction::drain>);
  selection->asks = "Drain";
  selection->done = "drained";
  command->footer(kDrainWorkerFooter);
  command->add_flag("--wait", selection->wait, "Wait until they have ended");
  command->add_flag("-y,--yes", selection->yes, "Do not ask for confirmation of --host and --all");
}

void add_restart(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("restart", "Let workers finish what they run, and start again");
  const auto selection = add_for_many(program, *command, orders_of<WorkerAction::restart>);
  selection->asks = "Restart";
  selection->done = "restarted";
  selection->comes_back = true;
  command->footer(kRestartWorkerFooter);
  command->add_flag("--wait", selection->wait, "Wait until they are there again");
  command->add_flag("-y,--yes", selection->yes, "Do not ask for confirmation of --host and --all");
}

}  // namespace

void add_worker(const Program& program) {
  auto* group =
      program.app.add_subcommand("worker", "List, drain, restart, scale and pause workers")->require_subcommand(1);
  auto* list = group->add_subcommand("ls", "List workers, where they run and what they do");
  list->alias("list")->footer("Examples:\n  forkmill worker ls -o wide\n  forkmill worker ls --no-headers | wc -l");
  add_view(program, *list, QueryKind::workers, show_workers);
  add_worker_drain(program, *group);
  add_restart(program, *group);
  auto* scaled = group->add_subcommand("scale", "Set the number of processes of workers while they run");
  scaled->footer(kScaleWorkerFooter);
  add(program, *scaled, "NAME=N...", "Names of workers, each with a number of processes", scale_orders);
  scaled->get_option("names")->required();
  auto* paused = group->add_subcommand("pause", "Give workers no further tasks");
  add_for_many(program, *paused, orders_of<WorkerAction::pause>);
  paused->footer(kPauseWorkerFooter);
  auto* resumed = group->add_subcommand("resume", "Give paused workers tasks again");
  add_for_many(program, *resumed, orders_of<WorkerAction::resume>);
  resumed->footer("Example:\n  forkmill worker resume w1");
}

}  // namespace forkmill::cli
