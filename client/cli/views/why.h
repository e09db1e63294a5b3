// Views of reasons: the answers to QUERY why_task, why_queue and why_worker, for people and as JSON (views/json.h).
// Pure. Missing and unknown keys, as older and newer brokers send them, are accepted.
#pragma once

#include <string>

#include "client/cli/views/json.h"

namespace forkmill::cli {

std::string render_why_task(const Json& body, Format format);
// Rows of `queues` or `workers`; as JSON, an array of them.
std::string render_why_queues(const Json& body, Format format);
std::string render_why_workers(const Json& body, Format format);

// The present shape of the answers.
Json why_task_json(const Json& body);
Json why_queues_json(const Json& body);
Json why_workers_json(const Json& body);
// One row of `queues`: that of a queue with a part on each of several shards has the sums, and says of each finding
// which shard it is of. Null: there is no such queue.
Json why_queue_json(const Json& body);

}  // namespace forkmill::cli
