// What the broker answers to queries (proto/PROTOCOL.md, QUERY), as tables and fields. Pure; what a broker leaves out,
// or a newer one has more, does no harm.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "client/cli/text/fields.h"
#include "client/cli/text/table.h"

namespace forkmill::cli {

using Json = nlohmann::ordered_json;

std::string render_status(const Json& body, Format format);
Table queue_table(const Json& body);
// now_ms: unix milliseconds, for ages.
Table worker_table(const Json& body, std::int64_t now_ms);
std::string render_task(const Json& body, Format format);

// What a task that nobody serves waits for, a line each; empty when every task has a worker.
std::string unserved_text(const Json& status);

}  // namespace forkmill::cli
