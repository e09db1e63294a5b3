// Commands that pause or resume things by their names: queues and task names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/cli/commands/connection.h"

namespace forkmill::cli {

struct PauseWords {
  const char* verb;  // the name of the command
  const char* help;
  const char* thing;        // "queue"
  const char* names;        // help of the names
  const char* value_name;   // stands for the names in the usage line
  const char* done;         // printed behind the name: "is paused"
  const char* done_before;  // the same if nothing has changed
};

// Adds the command to `group`. Order: PauseQueue, ResumeQueue, PauseName or ResumeName.
template <class Order>
CLI::App* add_pause(const Program& program, CLI::App& group, const PauseWords& words) {
  auto* command = group.add_subcommand(words.verb, words.help);
  auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("names", *names, words.names)->required()->option_text(words.value_name);
  add_connection_options(*command, program.connection);
  command->callback([program, names, words] {
    program.action = [program, names, words] {
      Connection connection{program.connection};
      for (const auto& name : *names) {
        const bool changed = connection.carry_out(Order{name}).value("changed", true);
        print_stdout(std::string{words.thing} + " " + name + " " + (changed ? words.done : words.done_before) + "\n");
      }
      return 0;
    };
  });
  return command;
}

}  // namespace forkmill::cli
