// Views of the processes of a broker and its workers: a table like that of ps, and a tree like that of pstree.
// proto/PROTOCOL.md, QUERY processes, describes `body`. Pure.
#pragma once

#include <string>

#include "client/cli/commands/views.h"

namespace forkmill::cli {

Table process_table(const Json& body);
// The broker with the hosts, supervisors and processes below it, and the task that each process runs.
std::string process_tree(const Json& body);

}  // namespace forkmill::cli
