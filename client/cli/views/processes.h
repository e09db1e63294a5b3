// Views of the processes of a broker and its workers: a table like that of ps, and a tree like that of pstree.
// proto/PROTOCOL.md, QUERY processes, describes `body`. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/views/cluster.h"

namespace forkmill::cli {

// `now_ms`, in milliseconds since 1970, is the time that durations refer to.
Table process_table(const Json& body, std::int64_t now_ms);
// The broker with the hosts, supervisors and processes below it, and the task that each process runs.
std::string process_tree(const Json& body, std::int64_t now_ms);

}  // namespace forkmill::cli
