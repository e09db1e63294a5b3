// The metrics of a cluster, from the answers to QUERY status, queues, workers and shards. Pure. Ids of tasks are no
// labels, and the values of labels are limited, because clients choose the names of queues and tasks.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "client/web/metrics/exposition.h"

namespace forkmill::web {

// The most queues with samples of their own. The others are added up under kOtherQueues.
inline constexpr std::size_t kMaxLabelledQueues = 500;
inline constexpr const char* kOtherQueues = "(others)";

void add_status(Exposition& text, const nlohmann::ordered_json& body);
void add_queues(Exposition& text, const nlohmann::ordered_json& body);
// `division`: the answer to QUERY shards.
void add_shards(Exposition& text, const nlohmann::ordered_json& status, const nlohmann::ordered_json& division);
void add_workers(Exposition& text, const nlohmann::ordered_json& body);

}  // namespace forkmill::web
