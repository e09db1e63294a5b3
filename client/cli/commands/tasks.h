// Filters, queries and views that several commands share.
#pragma once

#include <forkmill/query.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "client/cli/commands/connection.h"
#include "client/cli/views/cluster.h"
#include "client/cli/views/tasks.h"

namespace forkmill::cli {

// The time since 1970.
std::chrono::milliseconds unix_now();

// Adds --id, --queue, --task, --since, --until, --error and --argument. Returns these options.
std::vector<CLI::Option*> add_filter_options(CLI::App& command, TaskFilter& filter);

// Adds `task ls` or `dead ls` to `group`; with --state unless `filter` has a state.
void add_list(const Program& program, CLI::App& group, const std::string& help, const std::string& footer,
              TaskFilter filter);

// Calls `use` for at most `max` tasks that match the filter, the newest first. Asks the broker for a page at a time,
// and `goes_on`, unless it is empty, before each further page: false ends the search. `reached_ms`: the time, since
// 1970, of the last task that the broker has looked at; 0: unknown. Returns TaskFilter::before for the next tasks; 0:
// there are none.
using GoesOn = std::function<bool(std::int64_t reached_ms)>;
std::uint64_t for_each_task(Connection& connection, TaskFilter filter, std::size_t max,
                            const std::function<void(const Json& row)>& use, const GoesOn& goes_on = {});

// Adds the options and the action of a command that shows the answer to one query, with --watch.
using View = std::string (*)(const Json& body, const OutputOptions& output);
void add_view(const Program& program, CLI::App& command, QueryKind kind, View view);

// Asks the broker for a task by its id or a prefix of it. The answer has the arguments of a dead letter as JSON, or as
// {"hex": "…"} if they are not msgpack. Throws forkmill::Error{task_unknown}.
Json ask_task(Connection& connection, const std::string& id);
// The id in the answer of ask_task(). Throws CommandError (not_found) if it has none.
TaskId task_id(const Json& task);

}  // namespace forkmill::cli
