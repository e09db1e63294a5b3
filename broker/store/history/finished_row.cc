#include "broker/store/history/finished_row.h"

#include <memory>
#include <string>
#include <utility>

#include "broker/store/bytes.h"
#include "broker/store/crc32c.h"
#include "proto/wire/reader.h"
#include "proto/wire/task_headers.h"
#include "proto/wire/writer.h"

namespace forkmill::broker {

using proto::Is;

// In the namespace of AttemptEnd, so that proto::Writer finds it.
[[maybe_unused]] static void fields(auto& io, Is<AttemptEnd> auto& m) {
  io.record(7, m.attempt, m.kind, m.code, proto::text(m.worker), proto::text(m.message), m.at, m.run_us);
}

namespace {

constexpr std::size_t kSumBytes = 4;
constexpr const char* kTrace = "traceparent";

// The fields of a row.
struct FinishedRow {
  TaskId id;
  std::optional<TaskId> owners_id;
  std::string queue;
  std::string name;
  std::string principal;
  proto::OutcomeKind kind = proto::OutcomeKind::succeeded;
  milliseconds submitted_at{0};
  milliseconds finished_at{0};
  std::uint64_t run_us = 0;
  proto::Attempt attempt;
  std::uint32_t max_attempts = 0;
  std::int8_t priority = 0;
  std::string worker;
  Errc code = Errc::ok;
  std::string type;
  std::string message;
  std::uint64_t result_bytes = 0;
  std::string label;
  std::string trace;
  std::vector<AttemptEnd> earlier;
  bool at_most_once = false;
};

void fields(auto& io, Is<FinishedRow> auto& m) {
  io.record(20, m.id, m.owners_id, proto::text(m.queue), proto::text(m.name), proto::text(m.principal), m.kind,
            m.submitted_at, m.finished_at, m.run_us, m.attempt, m.max_attempts, m.priority, proto::text(m.worker),
            m.code, proto::text(m.type), proto::text(m.message), m.result_bytes, proto::text(m.label),
            proto::text(m.trace), m.earlier, m.at_most_once);
}

std::uint32_t sum_of_row(proto::TaskSeq number, std::string_view bytes) {
  char prefix[8];
  put_number(prefix, number.value());
  return crc32c(bytes, crc32c({prefix, sizeof prefix}));
}

FinishedRow flattened(const FinishedTask& task) {
  const proto::TaskOptions& options = task.spec->options;
  const proto::Outcome& outcome = task.outcome;
  FinishedRow row;
  row.id = task.id;
  row.owners_id = task.spec->owners_id;
  row.queue = task.spec->queue;
  row.name = task.spec->name;
  row.principal = task.spec->principal;
  row.kind = outcome.kind;
  row.submitted_at = task.submitted_at;
  row.finished_at = task.finished_at;
  row.run_us = outcome.run_us;
  row.attempt = outcome.attempt;
  row.max_attempts = options.max_attempts;
  row.priority = options.priority;
  row.worker = outcome.worker.str();
  row.result_bytes = task.result_bytes;
  row.label = proto::first_bytes(options.label, FinishedTask::kMaxText);
  row.trace = proto::first_bytes(proto::header(options.headers, kTrace), FinishedTask::kMaxText);
  row.earlier = task.earlier;
  row.at_most_once = options.at_most_once;
  if (outcome.error) {
    row.code = outcome.error->code;
    row.type = outcome.error->type;
    row.message = outcome.error->message;
  }
  return row;
}

FinishedTask task_of(FinishedRow row) {
  auto spec = std::make_shared<TaskSpec>();
  spec->queue = std::move(row.queue);
  spec->name = std::move(row.name);
  spec->principal = std::move(row.principal);
  spec->owners_id = row.owners_id;
  spec->options.max_attempts = row.max_attempts;
  spec->options.priority = row.priority;
  spec->options.at_most_once = row.at_most_once;
  spec->options.label = std::move(row.label);
  if (!row.trace.empty()) spec->options.headers.push_back({kTrace, std::move(row.trace)});
  FinishedTask task;
  task.id = row.id;
  task.spec = std::move(spec);
  task.outcome.kind = row.kind;
  task.outcome.attempt = row.attempt;
  task.outcome.worker = std::move(row.worker);
  task.outcome.run_us = row.run_us;
  if (row.code != Errc::ok) {
    proto::ErrorReport& error = task.outcome.error.emplace();
    error.code = row.code;
    error.type = std::move(row.type);
    error.message = std::move(row.message);
  }
  task.submitted_at = row.submitted_at;
  task.finished_at = row.finished_at;
  task.result_bytes = row.result_bytes;
  task.earlier = std::move(row.earlier);
  return task;
}

}  // namespace

std::string_view FinishedRowCoder::encode(const FinishedTask& task, proto::TaskSeq number) {
  const FinishedRow row = flattened(task);
  fields_.clear();
  proto::Writer{fields_, nullptr}.put(row);
  row_.resize(kSumBytes);
  put_number(row_.data(), sum_of_row(number, fields_.view()));
  return row_ += fields_.view();
}

std::optional<FinishedTask> FinishedRowCoder::decode(proto::TaskSeq number, std::string_view row) {
  if (row.size() < kSumBytes) return std::nullopt;
  const std::string_view bytes = row.substr(kSumBytes);
  if (sum_of_row(number, bytes) != get_number<std::uint32_t>(row.data())) return std::nullopt;
  FinishedRow fields_of_row;
  proto::Reader reader{bytes, {}};
  reader.get(fields_of_row);
  if (reader.error() != Errc::ok) return std::nullopt;
  FinishedTask task = task_of(std::move(fields_of_row));
  task.number = number;
  return task;
}

}  // namespace forkmill::broker
