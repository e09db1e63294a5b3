// Views of changes of many tasks: the answers to ChangeTasks and to QUERY changes. Pure. Missing and unknown keys, as
// older and newer brokers send them, are accepted.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/text/table.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

// The changes, with how far each has come. `now_ms`, in milliseconds since 1970, is the time that ages refer to.
Table changes_table(const Json& body, std::int64_t now_ms);

// Returns the counts of a change: "39 tasks cancelled, 2 running and requested to stop; 3 skipped (1 finished, 2
// gone)". The verb is in the past tense.
std::string change_summary(const Json& answer, const std::string& verb);
// "519 tasks (19 scheduled, 500 ready)": of a dry run. `of`: stands behind the number, for example " of queue mail".
std::string count_summary(const Json& answer, const std::string& of);

}  // namespace forkmill::cli
