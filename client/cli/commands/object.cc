// forkmill object: lists, shows, releases and removes the named objects of a broker: locks, queues, dicts …
#include "client/cli/commands/connection.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/human.h"
#include "client/cli/views/objects.h"

namespace forkmill::cli {

namespace {

struct ObjectCommand {
  std::string name;
  bool yes = false;
  OutputOptions output;
};
using Options = std::shared_ptr<ObjectCommand>;
using Action = std::function<int(Connection&, const ObjectCommand&)>;

// Before the connection, `check` throws UsageError if the options are wrong.
CLI::App* add(const Program& program, CLI::App& group, const std::string& name, const std::string& help,
              const Options& options, Action action, std::function<void(const ObjectCommand&)> check = {}) {
  auto* command = group.add_subcommand(name, help);
  add_connection_options(*command, program.connection);
  command->callback([program, options, action = std::move(action), check = std::move(check)] {
    program.action = [program, options, action, check] {
      if (check) check(*options);
      Connection connection{program.connection};
      return action(connection, *options);
    };
  });
  return command;
}

void add_name(CLI::App& command, const Options& options) {
  command.add_option("name", options->name, "Name of the object, as `object ls` shows it")
      ->required()
      ->option_text("NAME");
}

void add_list(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(
      program, group, "ls", "List objects by name", options, [](Connection& connection, const ObjectCommand& asked) {
        return print_result(asked.output, [&] {
          const auto body = connection.ask({.kind = QueryKind::objects, .argument = asked.name, .filter = {}});
          return object_table(body).render(asked.output.format, asked.output.headers);
        });
      });
  command->alias("list")->footer(
      "At most 10,000 objects are listed.\n\nExamples:\n  forkmill object ls\n  forkmill object ls build:");
  command->add_option("prefix", options->name, "List only objects whose names start with PREFIX")
      ->option_text("PREFIX");
  add_output_options(*command, options->output);
}

void add_show(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(program, group, "show", "Show an object with its holders and waiters", options,
                      [](Connection& connection, const ObjectCommand& asked) {
                        const auto body =
                            connection.ask({.kind = QueryKind::object, .argument = asked.name, .filter = {}});
                        return print_stdout(render_object_details(body, asked.output.format));
                      });
  command->alias("get")->footer("Example:\n  forkmill object show build:lock");
  add_name(*command, options);
  add_format_options(*command, options->output);
}

void add_release(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(
      program, group, "release", "Release an object from all of its holders", options,
      [](Connection& connection, const ObjectCommand& asked) {
        const auto body = connection.carry_out(ReleaseObject{asked.name});
        return print_stdout("released from " + format_count(body.at("released").get<std::uint64_t>(), "holder") + "\n");
      });
  command->footer(
      "Use this for holders that are stuck: the objects of a program that has ended are released automatically.\n"
      "The next waiter gets the object at once, with a higher fencing token. A former holder gets the error\n"
      "lease_lost when it releases the object.\n\n"
      "Example:\n  forkmill object release build:lock");
  add_name(*command, options);
}

void add_remove(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(
      program, group, "rm", "Remove an object with its contents", options,
      [](Connection& connection, const ObjectCommand& asked) {
        connection.carry_out(RemoveObject{asked.name});
        return print_stdout("removed\n");
      },
      [](const ObjectCommand& asked) {
        if (!asked.yes) throw UsageError{"removing '" + asked.name + "' deletes its contents", "give --yes to confirm"};
      });
  command->alias("remove");
  command->footer(
      "Its waiters and later users get the error object_unknown.\n\nExample:\n  forkmill object rm --yes jobs");
  add_name(*command, options);
  command->add_flag("--yes", options->yes, "Confirm that the contents may be deleted");
}

}  // namespace

void add_object(const Program& program) {
  auto* group =
      program.app.add_subcommand("object", "List, show, release and remove named objects: locks, queues, dicts ...");
  group->require_subcommand(1);
  add_list(program, *group);
  add_show(program, *group);
  add_release(program, *group);
  add_remove(program, *group);
}

}  // namespace forkmill::cli
