// FinishedTask: what the history keeps of a task that has finished: not its arguments, nor its result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/store/attempt_end.h"
#include "broker/store/records.h"
#include "proto/text.h"

namespace forkmill::broker {

struct FinishedTask {
  static constexpr std::size_t kMaxMessage = 1024;
  static constexpr std::size_t kMaxText = 256;  // type of the error, label

  TaskId id;  // in the table of tasks; the submitter's own is in the spec
  SharedSpec spec = proto::blank_spec();
  proto::Outcome outcome;  // without the value; of the error code, type and beginning of the message
  milliseconds submitted_at{0};
  milliseconds finished_at{0};
  std::uint64_t result_bytes = 0;
  std::vector<AttemptEnd> earlier;  // attempts before the last one, as far as they are known
  // Place in the history; later ends have higher numbers. 0: the task is not in the history yet.
  proto::TaskSeq number{};
};

// Returns what the history keeps of the task's outcome.
inline proto::Outcome outcome_for_history(const proto::Outcome& whole) {
  proto::Outcome kept;
  kept.kind = whole.kind;
  kept.attempt = whole.attempt;
  kept.worker = whole.worker;
  kept.run_us = whole.run_us;
  if (!whole.error) return kept;
  proto::ErrorReport& error = kept.error.emplace();
  error.code = whole.error->code;
  error.type = proto::first_bytes(whole.error->type, FinishedTask::kMaxText);
  error.message = proto::first_bytes(whole.error->message, FinishedTask::kMaxMessage);
  return kept;
}

// Returns about how much memory the task takes; its spec may be its own.
inline std::size_t memory_of(const FinishedTask& task) {
  constexpr std::size_t kRecord = 512;
  std::size_t bytes = kRecord + task.spec->options.label.size();
  for (const auto& [name, value] : task.spec->options.headers) bytes += name.size() + value.size();
  if (task.outcome.error) bytes += task.outcome.error->type.size() + task.outcome.error->message.size();
  for (const AttemptEnd& end : task.earlier) bytes += sizeof end + end.worker.size() + end.message.size();
  return bytes;
}

}  // namespace forkmill::broker
