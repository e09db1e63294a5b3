// Views of tasks and dead letters: the answers to QUERY tasks and QUERY task, for people and as JSON (views/json.h).
// Pure. Missing and unknown keys, as older and newer brokers send them, are accepted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/views/json.h"

namespace forkmill::cli {

// A list of tasks. Ids are shortened in `table` and whole in `wide`. `now_ms`, in milliseconds since 1970, is the time
// that ages and durations refer to.
std::string render_tasks(const std::vector<Json>& rows, Format format, bool headers, std::int64_t now_ms);
std::string render_task(const Json& body, Format format, std::int64_t now_ms);
// render_task() with the details of the error and the arguments.
std::string render_dead(const Json& body, Format format, std::int64_t now_ms);

}  // namespace forkmill::cli
