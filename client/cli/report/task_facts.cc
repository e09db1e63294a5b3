#include "client/cli/report/task_facts.h"

#include "client/cli/text/answers.h"
#include "client/cli/views/json.h"
#include "proto/text.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxCommandBytes = 200;

std::string error_of(const nlohmann::ordered_json& error) {
  auto type = text_of(error, "type");
  if (type.empty()) type = text_of(error, "code");
  const auto message = text_of(error, "message");
  return message.empty() ? type : type + ": " + message;
}

std::int64_t in_ms(double seconds) { return static_cast<std::int64_t>(seconds * 1000); }

}  // namespace

TaskFacts facts_of(const nlohmann::ordered_json& row) {
  const auto task = task_json(row, false);
  const auto error = value_of(task, "error");
  return {.id = text_of(task, "id"),
          .name = text_of(task, "name"),
          .queue = text_of(task, "queue"),
          .command = text_of(task, "command"),
          .state = text_of(task, "state"),
          .worker = text_of(row, "worker"),
          .error = error.is_null() ? "" : error_of(error),
          .attempts = static_cast<std::uint32_t>(number_of(task, "attempt")),
          .submitted_ms = number_of(task, "submitted_at_ms"),
          .started_ms = number_of(task, "started_at_ms"),
          .finished_ms = number_of(task, "finished_at_ms")};
}

TaskFacts facts_of(const Ended& ended) {
  const auto& [job, outcome, tries] = ended;
  TaskFacts facts{.id = std::to_string(job.seq), .name = job.command.substr(0, job.command.find_first_of(" \t\n"))};
  facts.command = proto::first_bytes(job.command, kMaxCommandBytes);
  facts.state = outcome.cancelled ? "cancelled" : outcome.ok() ? "succeeded" : "failed";
  facts.worker = outcome.host;
  facts.attempts = tries;
  if (facts.state == "failed")
    facts.error = outcome.problem.empty() ? "exit status " + std::to_string(outcome.status()) : outcome.problem;
  if (outcome.started_at == 0) return facts;
  facts.started_ms = in_ms(outcome.started_at);
  facts.finished_ms = in_ms(outcome.started_at + outcome.run_seconds);
  return facts;
}

}  // namespace forkmill::cli
