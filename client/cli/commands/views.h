// What the broker answers to queries (proto/PROTOCOL.md, QUERY), as tables and fields. Pure; what a broker leaves out,
// or a newer one has more, does no harm.
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
// now_ms: unix milliseconds, for ages.
Table worker_table(const Json& body, std::int64_t now_ms);
// Short ids in `table`, whole ones in `wide`; rows as the broker gives them to a query for tasks.
Table task_table(const std::vector<Json>& rows, Format format, std::int64_t now_ms);
std::string render_task(const Json& body, Format format);
// The same with all that is known of its error, and its arguments.
std::string render_dead(const Json& body, Format format);
std::string render_backup(const Json& body, Format format);

// Why no worker takes the tasks of this name on this queue; empty when one does.
std::string unserved_reason(const Json& status, const std::string& task, const std::string& queue);

}  // namespace forkmill::cli
