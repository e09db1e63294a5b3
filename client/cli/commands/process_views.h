// The processes of a broker and its workers (proto/PROTOCOL.md, QUERY processes) as a table like that of ps and as a
// tree like that of pstree. Pure.
#pragma once

#include <string>

#include "client/cli/commands/views.h"

namespace forkmill::cli {

Table process_table(const Json& body);
// The broker, below it hosts, supervisors, their processes, and what each runs.
std::string process_tree(const Json& body);

}  // namespace forkmill::cli
