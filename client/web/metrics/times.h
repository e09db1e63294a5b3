// The metrics in the answer to QUERY metrics: how long tasks wait and run, how attempts end, and what the store does.
// Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "client/web/metrics/exposition.h"

namespace forkmill::web {

void add_times(Exposition& text, const nlohmann::ordered_json& body);

}  // namespace forkmill::web
