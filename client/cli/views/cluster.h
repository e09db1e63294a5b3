// Views of the broker, its queues and its workers: the answers to QUERY status, queues and workers, for people and as
// JSON. Pure. Missing and unknown keys, as older and newer brokers send them, are accepted.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/text/fields.h"
#include "client/cli/text/table.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

// The texts of a list, and what else is in it as JSON, with commas between. Empty: it is no list.
std::string joined_texts(const Json& list);
// The state of a worker, a row of the answer to QUERY workers: "barred", "draining", "paused" or "serving".
std::string worker_state(const Json& row);

std::string render_status(const Json& body, Format format);
Table queue_table(const Json& body);
// The task names that are paused, of the status.
Table paused_names_table(const Json& body);
// `now_ms`, in milliseconds since 1970, is the time that ages refer to.
Table worker_table(const Json& body, std::int64_t now_ms);
// The workers that SteerWorkers has met, with their answers.
Table steered_table(const Json& body);
// The limits of a queue, of the answer to LimitQueue.
std::string render_limits(const Json& body, Format format);
std::string render_backup(const Json& body, Format format);

// The reason why no worker runs the tasks of this name on this queue. Empty: a worker runs them.
std::string unserved_reason(const Json& status, const std::string& task, const std::string& queue);

}  // namespace forkmill::cli
