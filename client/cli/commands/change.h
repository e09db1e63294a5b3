// Changes of many tasks, which the broker carries out: shared by the commands that give them.
#pragma once

#include <string>
#include <vector>

#include "client/cli/commands/connection.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

// Counts the tasks that the order would change.
Json count_tasks(Connection& connection, ChangeTasks order);

// Gives the broker the order and blocks until it is done, or the broker stays away. Shows the progress on a terminal.
// Throws as Connection::carry_out_without_timeout(); the broker goes on with the order nevertheless.
Json change_tasks(Connection& connection, ChangeTasks order);

// Prints the tasks that were changed, each on a line that `line` makes, and on stderr a summary if this is not all.
// things: "tasks" or "dead letters". verb: the past tense, for example "moved".
void print_changed(const Json& answer, const char* things, const char* verb, std::string (*line)(const Json& row));

// Adds `move`, `reprioritise` and `changes` to the group `task`.
void add_changes_of_many(const Program& program, CLI::App& group);
// Adds `logs` to the group `task`.
void add_logs(const Program& program, CLI::App& group);
// Adds `retry` and `drop`, which handle dead letters, to a group.
void add_dead_letter_actions(const Program& program, CLI::App& group);

}  // namespace forkmill::cli
