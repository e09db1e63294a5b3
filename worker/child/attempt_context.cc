#include "worker/child/attempt_context.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "proto/limits.h"
#include "proto/os/real_env.h"
#include "proto/text.h"
#include "proto/wire/task_headers.h"
#include "worker/os/forked_copy.h"

namespace forkmill::worker {

AttemptContext::AttemptContext(ChildEnd& end, StopWatcher& stop_watcher, const OutputWatch& output,
                               const StartedTask& task)
    : end_{end}, stop_watcher_{stop_watcher}, output_{output}, head_{task.head}, queue_{task.queue} {
  TaskId::Bytes id;
  std::copy(std::begin(head_.id), std::end(head_.id), id.begin());
  id_ = TaskId{id};
  for (auto& [name, value] : proto::headers_in(task.headers)) headers_[std::move(name)] = std::move(value);
}

AttemptContext::~AttemptContext() {
  if (!is_forked_copy()) stop_watcher_.forget();
}

std::stop_token AttemptContext::stop_token() const {
  return is_forked_copy() ? std::stop_token{} : stop_watcher_.token(head_.serial);
}

void AttemptContext::progress(double fraction, std::string_view note) {
  const double clean = std::isnan(fraction) ? 0.0 : std::clamp(fraction, 0.0, 1.0);
  const ProgressHead head{head_.serial, clean};
  const std::array<std::string_view, 2> pieces{bytes_of(head),
                                               proto::first_bytes(note, proto::limits::kMaxProgressNote)};
  end_.say(kProgressRecord, pieces);
}

void AttemptContext::log(LogLevel level, std::string_view text) {
  if (is_forked_copy()) return;
  flush_output(true);  // output before the line comes before it
  const LogHead head{head_.serial, static_cast<std::uint32_t>(level),
                     static_cast<std::uint32_t>(proto::LogSource::lines), 0, output_.position()};
  const std::array<std::string_view, 2> pieces{bytes_of(head), proto::first_bytes(text, proto::limits::kMaxErrorText)};
  end_.say(kLogRecord, pieces);
}

void AttemptContext::printed(proto::LogSource source, std::uint64_t missing, std::string_view text) {
  const LogHead head{head_.serial, 0, static_cast<std::uint32_t>(source), missing, {}};
  const std::array<std::string_view, 2> pieces{bytes_of(head), text};
  end_.say(kLogRecord, pieces);
}

std::uint64_t AttemptContext::random_seed() {
  proto::RealEnv env;  // a new one: processes that a handler forks must not share buffered random bits
  return env.random();
}

}  // namespace forkmill::worker
