// What the commands about tasks share: which tasks they are about, and how the broker is asked for them.
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

std::chrono::milliseconds unix_now();

// --id, --queue, --task, --since, --until and --error, and what was added, for commands that restrict it further.
std::vector<CLI::Option*> add_filter_options(CLI::App& command, TaskFilter& filter);

// The commands `task ls` and `dead ls`: with --state, unless the filter names one.
void add_list(const Program& program, CLI::App& group, const std::string& help, const std::string& footer,
              TaskFilter filter);

// At most so many tasks that the filter lets through, newest first; the broker gives them page by page.
void for_each_task(Connection& connection, TaskFilter filter, std::size_t most,
                   const std::function<void(const Json& row)>& use);

// What the broker knows of a task, by its id or the beginning of it. The arguments of a dead letter are there as JSON
// when they are msgpack, else as {"hex": "…"}. Throws forkmill::Error{task_unknown}.
Json ask_task(Connection& connection, const std::string& id);

}  // namespace forkmill::cli
