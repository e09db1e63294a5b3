#include "client/cli/commands/cancel.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "client/cli/commands/tasks.h"
#include "client/cli/text/answers.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kInFlight = 256;  // the most cancellations that wait for an answer

}  // namespace

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

void cancel_rows(Connection& connection, const std::vector<Json>& rows,
                 const std::function<void(const std::string& id, CancelState state)>& use) {
  for (std::size_t at = 0; at < rows.size(); at += kInFlight) {
    const auto end = std::min(at + kInFlight, rows.size());
    std::vector<std::pair<std::string, Future<CancelState>>> answers;
    for (auto i = at; i < end; ++i) {
      const auto text = text_of(rows[i], "id");
      if (const auto id = TaskId::parse(text)) answers.emplace_back(text, connection.client().cancel(*id));
    }
    for (auto& [id, state] : answers) use(id, connection.answer(std::move(state)));
  }
}

}  // namespace forkmill::cli
