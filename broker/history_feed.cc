#include "broker/history_feed.h"

#include <utility>

namespace forkmill::broker {

void HistoryFeed::add(std::vector<FinishedTask> tasks, proto::CommitSeq after, proto::CommitSeq safe) {
  if (tasks.empty()) return;
  if (after <= safe) return thread_.add(tasks);
  std::size_t bytes = 0;
  for (const FinishedTask& task : tasks) bytes += memory_of(task);
  if (held_bytes_ + bytes > HistoryThread::kMaxWaiting) {
    dropped_ += tasks.size();
    return;
  }
  held_bytes_ += bytes;
  held_.push_back({std::move(tasks), bytes, after});
}

void HistoryFeed::release(proto::CommitSeq safe) {
  for (; !held_.empty() && held_.front().after <= safe; held_.pop_front()) {
    held_bytes_ -= held_.front().bytes;
    thread_.add(held_.front().tasks);
  }
}

std::vector<StoreAnswer> HistoryFeed::take_answers() {
  if (!thread_.has_news()) return {};
  HistoryThread::News news = thread_.take();
  if (!news.warning.empty()) log_->error("{}; the broker goes on without the history", news.warning);
  return std::move(news.answers);
}

HistoryMeter HistoryFeed::meter() {
  HistoryMeter meter = thread_.meter();
  meter.dropped += dropped_;
  return meter;
}

}  // namespace forkmill::broker
