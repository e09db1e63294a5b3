// Filters and queries for tasks, shared by `task` and `dead`.
#pragma once

#include <forkmill/query.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/views.h"

namespace forkmill::cli {

// The time since 1970.
std::chrono::milliseconds unix_now();

// Adds --id, --queue, --task, --since, --until and --error. Returns these options.
std::vector<CLI::Option*> add_filter_options(CLI::App& command, TaskFilter& filter);

// Adds `task ls` or `dead ls` to `group`; with --state unless `filter` has a state.
void add_list(const Program& program, CLI::App& group, const std::string& help, const std::string& footer,
              TaskFilter filter);

// Calls `use` for at most `max` tasks that match the filter, the newest first. Asks the broker for a page at a time.
void for_each_task(Connection& connection, TaskFilter filter, std::size_t max,
                   const std::function<void(const Json& row)>& use);

// Asks the broker for a task by its id or a prefix of it. The answer has the arguments of a dead letter as JSON, or as
// {"hex": "…"} if they are not msgpack. Throws forkmill::Error{task_unknown}.
Json ask_task(Connection& connection, const std::string& id);

}  // namespace forkmill::cli
