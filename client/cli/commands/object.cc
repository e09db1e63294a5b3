// forkmill object: locks, queues, dicts and all other named objects of a broker, for whoever has to look after them.
#include <unistd.h>

#include "client/cli/command_error.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/object_views.h"
#include "client/cli/os/write_all.h"

namespace forkmill::cli {

namespace {

struct ObjectCommand {
  std::string name;
  bool yes = false;
  OutputOptions output;
};
using Options = std::shared_ptr<ObjectCommand>;
using Action = std::function<int(Connection&, const ObjectCommand&)>;

CLI::App* add(const Program& program, CLI::App& group, const std::string& name, const std::string& help,
              const Options& options, Action action) {
  auto* command = group.add_subcommand(name, help);
  add_connection_options(*command, program.connection);
  command->callback([program, options, action = std::move(action)] {
    program.action = [program, options, action] {
      Connection connection{program.connection};
      return action(connection, *options);
    };
  });
  return command;
}

void add_name(CLI::App& command, const Options& options) {
  command.add_option("name", options->name, "The object's name")->required()->option_text("NAME");
}

int print(const std::string& text) {
  (void)write_all(STDOUT_FILENO, text, "standard output");
  return 0;
}

void add_list(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command =
      add(program, group, "ls", "Objects by name", options, [](Connection& connection, const ObjectCommand& asked) {
        return print_result(asked.output, [&] {
          const auto body = connection.ask({.kind = QueryKind::objects, .argument = asked.name, .filter = {}});
          return object_table(body).render(asked.output.format, asked.output.headers);
        });
      });
  command->footer("At most 10,000 are shown: name the beginning of the names that you look for.");
  command->add_option("prefix", options->name, "Beginning of their names")->option_text("[PREFIX]");
  add_output_options(*command, options->output);
}

void add_show(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(program, group, "show", "One object: who holds it, and who waits for it", options,
                      [](Connection& connection, const ObjectCommand& asked) {
                        const auto body =
                            connection.ask({.kind = QueryKind::object, .argument = asked.name, .filter = {}});
                        return print(render_object_details(body, asked.output.format));
                      });
  add_name(*command, options);
  add_format_options(*command, options->output);
}

void add_release(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(program, group, "release", "Take an object away from all who hold it, as if they had died",
                      options, [](Connection& connection, const ObjectCommand& asked) {
                        const auto body =
                            connection.ask({.kind = QueryKind::object_release, .argument = asked.name, .filter = {}});
                        return print("taken from " + body.at("released").dump() + " holder(s)\n");
                      });
  command->footer(
      "The next in line has it at once, with a higher fencing token; those it was taken from learn of it when they\n"
      "give it back (lease_lost). Programs that hold objects and die lose them by themselves: this is for those that\n"
      "live and do not let go.");
  add_name(*command, options);
}

void add_remove(const Program& program, CLI::App& group) {
  const auto options = std::make_shared<ObjectCommand>();
  auto* command = add(program, group, "rm", "Remove an object and all that is in it", options,
                      [](Connection& connection, const ObjectCommand& asked) {
                        if (!asked.yes) {
                          throw UsageError{"what is in '" + asked.name + "' would be lost: say --yes if that is right"};
                        }
                        connection.ask({.kind = QueryKind::object_remove, .argument = asked.name, .filter = {}});
                        return print("removed\n");
                      });
  command->footer("Whoever waits for it gets an error (object_unknown), and so does whoever uses it later.");
  add_name(*command, options);
  command->add_flag("--yes", options->yes, "What is in it may be lost");
}

}  // namespace

void add_object(const Program& program) {
  auto* group = program.app.add_subcommand("object", "Locks, queues, dicts and other named objects");
  group->require_subcommand(1);
  add_list(program, *group);
  add_show(program, *group);
  add_release(program, *group);
  add_remove(program, *group);
}

}  // namespace forkmill::cli
