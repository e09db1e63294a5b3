// Views of the answers to queries (proto/PROTOCOL.md, QUERY), as tables and fields. Pure. Missing and unknown keys, as
// older and newer brokers send them, are accepted.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/cli/text/fields.h"
#include "client/cli/text/table.h"

namespace forkmill::cli {

using Json = nlohmann::ordered_json;

std::string render_status(const Json& body, Format format);
Table queue_table(const Json& body);
// `now_ms`, in milliseconds since 1970, is the time that ages refer to.
Table worker_table(const Json& body, std::int64_t now_ms);
// Ids are shortened in `table` and whole in `wide`. `rows` are those of the answer to QUERY tasks.
Table task_table(const std::vector<Json>& rows, Format format, std::int64_t now_ms);
std::string render_task(const Json& body, Format format);
// render_task() with the details of the error and the arguments.
std::string render_dead(const Json& body, Format format);
std::string render_backup(const Json& body, Format format);

// The reason why no worker runs the tasks of this name on this queue. Empty: a worker runs them.
std::string unserved_reason(const Json& status, const std::string& task, const std::string& queue);

}  // namespace forkmill::cli
