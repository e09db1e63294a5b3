#include "client/web/api/task_ids.h"

#include "client/cli/text/answers.h"

namespace forkmill::web {

TaskId resolve_task(Broker& broker, const std::string& text) {
  if (const auto id = TaskId::parse(text)) return *id;
  const auto id = TaskId::parse(cli::text_of(broker.ask(QueryKind::task, text), "id"));
  if (!id) throw Failure{404, "task_unknown", "there is no task " + text};
  return *id;
}

const char* cancel_word(CancelState state) {
  switch (state) {
    case CancelState::cancelled:
      return "cancelled";
    case CancelState::requested:
      return "requested";
    case CancelState::finished:
      return "finished";
    case CancelState::started:
      return "started";
    case CancelState::unknown:
      break;
  }
  return "unknown";
}

}  // namespace forkmill::web
