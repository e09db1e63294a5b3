#include "broker/core/operators/listing/task_row.h"

#include <algorithm>
#include <cstddef>

#include "broker/core/tasks/process_queue.h"
#include "proto/limits.h"

namespace forkmill::broker {

namespace {

std::string_view end_name(proto::OutcomeKind kind) {
  switch (kind) {
    case proto::OutcomeKind::succeeded:
      return "succeeded";
    case proto::OutcomeKind::cancelled:
      return "cancelled";
    case proto::OutcomeKind::expired:
      return "expired";
    default:
      return "failed";
  }
}

// The client's exception for an error that no handler threw.
std::string_view exception_name(Errc code) {
  switch (code) {
    case Errc::timed_out:
      return "Timeout";
    case Errc::worker_lost:
      return "WorkerLost";
    default:
      return {};
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Returns whether `text` has `part`, ignoring case. Looks for its first letter by memchr(): there may be gigabytes.
bool contains(std::string_view text, std::string_view part) {
  if (part.empty()) return true;
  constexpr auto kNowhere = std::string_view::npos;
  const char small = lower(part.front());
  const char large = upper(part.front());
  std::size_t next_small = text.find(small);
  std::size_t next_large = large == small ? kNowhere : text.find(large);
  for (;;) {
    const std::size_t at = std::min(next_small, next_large);
    if (at == kNowhere || part.size() > text.size() - at) return false;
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    if (std::equal(part.begin(), part.end(), text.begin() + static_cast<std::ptrdiff_t>(at), same)) return true;
    if (at == next_small)
      next_small = text.find(small, at + 1);
    else
      next_large = text.find(large, at + 1);
  }
}

// Returns whether `text` is a part of what people see of the error.
bool names(const proto::ErrorReport& error, std::string_view text) {
  return contains(error.message, text) || contains(error.type, text) || contains(errc_name(error.code), text) ||
         contains(exception_name(error.code), text);
}

// Returns whether `text` is a part of the label of the task, or of the first bytes of its arguments.
bool is_about(const RowFacts& task, std::string_view text) {
  return contains(task.spec.options.label, text) ||
         contains(task.arguments.substr(0, proto::limits::kShownArguments), text);
}

// Returns whether the text form of the id begins with `prefix`. Makes no text.
bool text_begins_with(const TaskId& id, std::string_view prefix) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (prefix.size() > kForm.size()) return false;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    char expected = '-';
    if (kForm[i] != '-') {
      const unsigned byte = id.bytes()[digit / 2];
      expected = "0123456789abcdef"[digit % 2 == 0 ? byte >> 4U : byte & 15U];
      ++digit;
    }
    if (prefix[i] != expected) return false;
  }
  return true;
}

}  // namespace

TaskRow row_of(const StoredTask& stored) {
  TaskRow row{stored.put.seq,
              stored.put.id,
              stored.put.spec,
              {},
              stored.progression.attempts.value(),
              stored.put.submitted_at,
              {},
              nullptr};
  if (stored.finish) row.state = end_name(stored.finish->outcome.kind);
  // Other tasks that have ended keep their arguments on disk, but not in memory.
  if (!stored.finish || row.state == "failed") row.arguments = stored.put.payload.view();
  if (!stored.finish) return row;
  row.attempt = stored.finish->outcome.attempt.value();
  row.finished_at = stored.finish->finished_at;
  row.run_us = stored.finish->outcome.run_us;
  row.worker = stored.finish->outcome.worker;
  if (stored.finish->outcome.error) row.error = &*stored.finish->outcome.error;
  return row;
}

TaskRow row_of(const FinishedTask& task) {
  TaskRow row{task.number,       task.id,          task.spec, end_name(task.outcome.kind), task.outcome.attempt.value(),
              task.submitted_at, task.finished_at, nullptr,   task.outcome.run_us,         task.outcome.worker};
  if (task.outcome.error) row.error = &*task.outcome.error;
  return row;
}

bool is_end(std::string_view state) {
  return state == "succeeded" || state == "failed" || state == "cancelled" || state == "expired";
}

bool passes(const proto::TaskFilter& filter, const RowFacts& task) {
  if (!filter.queue.empty() && base_queue(task.spec.queue) != filter.queue) return false;
  if (!filter.name.empty() && task.spec.name != filter.name) return false;
  if (filter.since.count() > 0 && task.submitted_at < filter.since) return false;
  if (filter.until.count() > 0 && task.submitted_at >= filter.until) return false;
  if (!filter.state.empty() && filter.state != task.state && (!task.state.empty() || is_end(filter.state)))
    return false;
  if (!filter.text.empty() && (task.error == nullptr || !names(*task.error, filter.text))) return false;
  return text_begins_with(task.id, filter.id) && (filter.arguments.empty() || is_about(task, filter.arguments));
}

}  // namespace forkmill::broker
