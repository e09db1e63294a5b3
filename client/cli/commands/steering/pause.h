// Commands that pause or resume things by their names: queues and task names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/connection.h"

namespace forkmill::cli {

// Pausable: a kind of things that can be paused: queues, or tasks by their names.
struct Pausable {
  const char* thing;       // "queue"
  const char* names;       // help of the names
  const char* value_name;  // stands for the names in the usage line
};

struct PauseVerb {
  const char* name;         // the command
  const char* done;         // printed behind the name of a thing
  const char* done_before;  // the same if nothing has changed
};
inline constexpr PauseVerb kPauseVerb{"pause", "is paused", "was paused already"};
inline constexpr PauseVerb kResumeVerb{"resume", "is resumed", "was not paused"};

// Adds a command to `group`. Order: PauseQueue, ResumeQueue, PauseName or ResumeName.
template <class Order>
CLI::App* add_pause(const Program& program, CLI::App& group, const Pausable& pausable, const PauseVerb& verb,
                    const char* help) {
  auto* command = group.add_subcommand(verb.name, help);
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("names", *names, pausable.names)->required()->option_text(pausable.value_name);
  add_connection_options(*command, program.connection);
  command->callback([program, names, pausable, verb] {
    program.action = [program, names, pausable, verb] {
      Connection connection{program.connection};
      for (const auto& name : *names) {
        const bool changed = connection.carry_out(Order{name}).value("changed", true);
        print_stdout(std::string{pausable.thing} + " " + name + " " + (changed ? verb.done : verb.done_before) + "\n");
      }
      return 0;
    };
  });
  return command;
}

}  // namespace forkmill::cli
