#include "client/cli/commands/cancel.h"

#include <limits>

#include "client/cli/commands/tasks.h"

namespace forkmill::cli {

std::vector<Json> tasks_in(Connection& connection, TaskFilter filter, const std::vector<std::string>& states) {
  std::vector<Json> rows;
  for (const auto& state : states) {
    filter.state = state;
    for_each_task(connection, filter, std::numeric_limits<std::size_t>::max(),
                  [&](const Json& row) { rows.push_back(row); });
  }
  return rows;
}

const char* cancel_text(CancelState state) {
  switch (state) {
    case CancelState::cancelled:
      return "cancelled";
    case CancelState::requested:
      return "running, requested to stop";
    case CancelState::finished:
      return "already finished";
    case CancelState::started:
      return "running";
    case CancelState::unknown:
      break;
  }
  return "unknown";
}

}  // namespace forkmill::cli
