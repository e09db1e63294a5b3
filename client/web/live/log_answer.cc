#include "client/web/live/log_answer.h"

#include <utility>

#include "client/cli/text/answers.h"
#include "client/cli/views/logs.h"

namespace forkmill::web {

using Json = nlohmann::ordered_json;

Json read_log(const AskBroker& ask, Query query, std::uint64_t most) {
  const std::uint64_t from = query.from;
  auto texts = Json::array();
  for (std::uint64_t bytes = 0;;) {
    const auto page = ask(query);
    for (const auto& row : cli::log_rows(page)) {
      bytes += cli::text_of(row, "text").size();
      texts.push_back(row);
    }
    query.attempt = static_cast<std::uint32_t>(cli::number_of(page, "attempt"));
    query.from = static_cast<std::uint64_t>(cli::number_of(page, "next"));
    const auto all = static_cast<std::uint64_t>(cli::number_of(page, "bytes"));
    if (query.from < all && bytes < most) continue;
    auto answer = cli::shaped(page, {"id", "name", "state", "attempt", "last_attempt", "from", "next", "bytes",
                                     "missing", "complete", "task_ended", "log_bytes"});
    answer["from"] = from;
    answer["attempts"] = cli::shaped_rows(page, "attempts", {"attempt", "bytes", "missing"});
    answer["texts"] = std::move(texts);
    return answer;
  }
}

}  // namespace forkmill::web
