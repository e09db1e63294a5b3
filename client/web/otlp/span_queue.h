// SpanQueue: the spans that wait for the collector, bounded in number and bytes, and when a batch of them is due. Pure.
// One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace forkmill::web::otlp {

struct QueueLimits {
  std::size_t spans = 16'384;
  std::size_t bytes = std::size_t{16} * 1024 * 1024;
  std::size_t batch_spans = 512;
  std::size_t batch_bytes = std::size_t{1024} * 1024;
  std::chrono::milliseconds batch_age{1000};  // a batch that is not full is sent when its first span is as old
};

class SpanQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit SpanQueue(QueueLimits limits = {}) : limits_{limits} {}

  // Appends a span. False: the queue is full, and the span is not kept.
  bool push(std::string span, Time now);
  // Returns when a batch is due: at once if there is a full one. None: the queue is empty.
  std::optional<Time> due_at() const;
  // Removes the oldest spans, as many as a batch has.
  std::vector<std::string> pop_batch();

  std::size_t size() const { return spans_.size(); }

 private:
  struct Waiting {
    std::string span;
    Time since;
  };

  QueueLimits limits_;
  std::deque<Waiting> spans_{};
  std::size_t bytes_ = 0;
};

}  // namespace forkmill::web::otlp
