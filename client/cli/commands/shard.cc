// forkmill shard ls, brokers, move, unpin, drain: the shards of a cluster, and the brokers that own them.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/answers.h"
#include "client/cli/views/division.h"

namespace forkmill::cli {

namespace {

constexpr const char* kMoveFooter =
    R"(The broker takes the shard over within some seconds: running tasks go on, and futures wait. The shard
stays there while that broker lives and does not drain, and comes back to it afterwards, until `forkmill
shard unpin`. Brokers have the names that `forkmill shard brokers` lists.

Examples:
  forkmill shard move 3 tcp://b:7117 --wait
  forkmill shard unpin 3

Exit status: 0 it is to move, or has moved with --wait; 1 with --wait: it is not to move there any more;
2 it cannot be moved there; 5 --timeout has passed, and it still moves.)";

constexpr const char* kUnpinFooter =
    R"(The shard goes to the broker that all brokers compute, as before `forkmill shard move`.

Example:
  forkmill shard unpin 3 --wait)";

constexpr const char* kDrainFooter =
    R"(The shards of the broker move to others, one after the other, and none comes back until the broker is
started again, or --undo. It stays in the cluster, and sends clients and workers on to the owners.

Examples:
  forkmill shard drain tcp://a:7117 --wait
  forkmill shard drain tcp://a:7117 --undo

Exit status: 0 the shards are to move, or have moved with --wait; 1 with --wait: the drain was
undone; 2 the broker cannot be drained; 5 --timeout has passed, and the shards still move.)";

constexpr std::chrono::milliseconds kLook{200};

struct ShardCommand {
  std::uint32_t shard = 0;
  std::string broker;
  bool undo = false;
  bool wait = false;
  std::chrono::milliseconds timeout{0};  // 0: none
  OutputOptions output;
};

// Asks how the shards are divided. None: that is not answered at present, since shard 1 has no owner, as while it
// moves, or the database is away, or the broker is of an earlier version.
std::optional<Json> ask_division(Connection& connection) {
  try {
    return connection.ask(QueryKind::shards);
  } catch (const CommandError& error) {
    if (error.code() != ExitCode::unreachable) throw;
  } catch (const Error& error) {
    if (error.code() != Errc::bad_request && error.code() != Errc::database_unavailable) throw;
  }
  return std::nullopt;
}

// Asks until the order has been carried out. Returns the last answer.
Json await_order(Connection& connection, const ShardCommand& options, Json division,
                 const std::function<OrderProgress(const Json& division)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const auto found = progress(division);
    if (found.is_done) return division;
    if (!found.failure.empty()) throw CommandError{ExitCode::failed, found.failure, "see `forkmill shard ls`"};
    if (options.timeout.count() > 0 && std::chrono::steady_clock::now() - begin >= options.timeout)
      throw CommandError{ExitCode::timed_out, "the shards still move", "see `forkmill shard ls`"};
    std::this_thread::sleep_for(kLook);
    if (auto next = ask_division(connection)) division = std::move(*next);
  }
}

int carry_out(const ShardCommand& options, const ConnectionOptions& connection_options, const Command& order,
              const std::function<OrderProgress(const Json& division)>& progress) {
  Connection connection{connection_options};
  auto division = connection.carry_out(order);
  if (options.wait) division = await_order(connection, options, std::move(division), progress);
  return print_stdout(division_table(division).render(options.output.format, options.output.headers));
}

std::shared_ptr<ShardCommand> add_options(const Program& program, CLI::App& command) {
  auto options = std::make_shared<ShardCommand>();
  command.add_flag("--wait", options->wait, "Wait until that is done");
  add_duration(command, "--timeout", options->timeout, "With --wait: stop waiting after this time [default: none]")
      ->needs("--wait");
  add_format_options(command, options->output);
  add_connection_options(command, program.connection);
  return options;
}

void add_shard_number(CLI::App& command, ShardCommand& options) {
  command.add_option("shard", options.shard, "Number of the shard")
      ->option_text("SHARD")
      ->check(number_between<std::uint32_t>(1, 64))
      ->required();
}

void add_broker_name(CLI::App& command, ShardCommand& options) {
  command.add_option("broker", options.broker, "Name of the broker")->option_text("BROKER")->required();
}

// Adds the action of `move`, and of `unpin`, which names no broker.
void add_move_action(const Program& program, CLI::App& command, const std::shared_ptr<ShardCommand>& options) {
  command.callback([program, options] {
    program.action = [program, options] {
      return carry_out(
          *options, program.connection, MoveShard{options->shard, options->broker},
          [&](const Json& division) { return progress_of_move(division, options->shard, options->broker); });
    };
  });
}

void add_move(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("move", "Give a shard to a broker, and keep it there");
  command->footer(kMoveFooter);
  const auto options = add_options(program, *command);
  add_shard_number(*command, *options);
  add_broker_name(*command, *options);
  add_move_action(program, *command, options);
}

void add_unpin(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("unpin", "Let the brokers choose the owner of a shard again");
  command->footer(kUnpinFooter);
  const auto options = add_options(program, *command);
  add_shard_number(*command, *options);
  add_move_action(program, *command, options);
}

void add_drain(const Program& program, CLI::App& group) {
  auto* command = group.add_subcommand("drain", "Move all shards of a broker to others");
  command->footer(kDrainFooter);
  const auto options = add_options(program, *command);
  add_broker_name(*command, *options);
  command->add_flag("--undo", options->undo, "Let the broker own shards again");
  command->callback([program, options] {
    program.action = [program, options] {
      return carry_out(
          *options, program.connection, DrainBroker{options->broker, options->undo}, [&](const Json& division) {
            return options->undo ? progress_of_undo(division) : progress_of_drain(division, options->broker);
          });
    };
  });
}

void add_list(const Program& program, CLI::App& group) {
  auto* list = group.add_subcommand("ls", "List the shards, with the brokers that own them")->alias("list");
  list->footer("Example:\n  forkmill shard ls -w");
  auto output = std::make_shared<OutputOptions>();
  add_output_options(*list, *output);
  add_connection_options(*list, program.connection);
  list->callback([program, output] {
    program.action = [program, output] {
      Connection connection{program.connection};
      return print_result(*output, [&] {
        const auto status = connection.ask(QueryKind::status);
        const bool has_shards = value_of(status, "shards").is_array();
        const auto division = has_shards ? ask_division(connection) : std::nullopt;
        return shard_table(status, division.value_or(Json::object())).render(output->format, output->headers);
      });
    };
  });
}

}  // namespace

void add_shard(const Program& program) {
  auto* group =
      program.app.add_subcommand("shard", "List, move and drain the shards of a cluster")->require_subcommand(1);
  group->footer("Example:\n  forkmill shard ls");
  add_list(program, *group);
  auto* brokers = group->add_subcommand("brokers", "List the brokers of a cluster, with the shards that they own");
  brokers->footer("Example:\n  forkmill shard brokers");
  add_view(program, *brokers, QueryKind::shards, [](const Json& body, const OutputOptions& output) {
    return broker_table(body).render(output.format, output.headers);
  });
  add_move(program, *group);
  add_unpin(program, *group);
  add_drain(program, *group);
}

}  // namespace forkmill::cli
