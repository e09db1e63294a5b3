// The facts of a report from what brokers and runs of `map` tell. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "client/cli/map/jobs/job.h"
#include "client/cli/report/figures.h"

namespace forkmill::cli {

// The facts of a row of QUERY tasks.
TaskFacts facts_of(const nlohmann::ordered_json& row);

// The facts of a job. Its id is its number, its name the first word of its command, and its worker a host.
TaskFacts facts_of(const Ended& ended);

}  // namespace forkmill::cli
