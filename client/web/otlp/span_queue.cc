#include "client/web/otlp/span_queue.h"

#include <utility>

namespace forkmill::web::otlp {

bool SpanQueue::push(std::string span, Time now) {
  if (spans_.size() >= limits_.spans || bytes_ + span.size() > limits_.bytes) return false;
  bytes_ += span.size();
  spans_.push_back({std::move(span), now});
  return true;
}

std::optional<SpanQueue::Time> SpanQueue::due_at() const {
  if (spans_.empty()) return std::nullopt;
  const auto since = spans_.front().since;
  const bool is_full = spans_.size() >= limits_.batch_spans || bytes_ >= limits_.batch_bytes;
  return is_full ? since : since + limits_.batch_age;
}

std::vector<std::string> SpanQueue::pop_batch() {
  std::vector<std::string> batch;
  std::size_t bytes = 0;
  while (!spans_.empty() && batch.size() < limits_.batch_spans) {
    std::string& span = spans_.front().span;
    if (!batch.empty() && bytes + span.size() > limits_.batch_bytes) break;
    bytes += span.size();
    batch.push_back(std::move(span));
    spans_.pop_front();
  }
  bytes_ -= bytes;
  return batch;
}

}  // namespace forkmill::web::otlp
