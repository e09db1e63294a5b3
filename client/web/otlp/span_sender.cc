#include "client/web/otlp/span_sender.h"

#include <algorithm>
#include <utility>

namespace forkmill::web::otlp {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRequestTimeout{10};
constexpr std::chrono::seconds kLastWords{2};  // for all that waits when the gateway ends

}  // namespace

SpanSender::SpanSender(const Settings& settings, std::unique_ptr<Collector> collector, QueueLimits limits)
    : envelope_{settings.resource, FORKMILL_VERSION},
      collector_{std::move(collector)},
      log_{settings.url},
      queue_{limits},
      thread_{[this] { run(); }} {}

SpanSender::~SpanSender() {
  {
    std::unique_lock lock{mutex_};
    stopped_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, kLastWords, [this] { return finished_; });
  }
  out_of_time_ = true;
  thread_.join();
}

void SpanSender::push(std::vector<std::string> spans) {
  const std::lock_guard lock{mutex_};
  for (auto& span : spans)
    if (!queue_.push(std::move(span), Clock::now())) ++counts_.overflowed;
  changed_.notify_all();
}

SpanSender::Counts SpanSender::counts() const {
  const std::lock_guard lock{mutex_};
  auto counts = counts_;
  counts.waiting = queue_.size();
  return counts;
}

void SpanSender::run() {
  std::size_t lost = 0;
  while (lost == 0) {
    const auto batch = next_batch();
    if (batch.empty()) break;
    if (!deliver(batch)) lost = batch.size();
  }
  const std::lock_guard lock{mutex_};
  lost += queue_.size();
  if (lost > 0) log_.note_lost(lost);
  finished_ = true;
  changed_.notify_all();
}

std::vector<std::string> SpanSender::next_batch() {
  std::unique_lock lock{mutex_};
  for (;;) {
    const auto due = queue_.due_at();
    if (stopped_ || (due && *due <= Clock::now())) return queue_.pop_batch();
    if (due)
      changed_.wait_until(lock, *due);
    else
      changed_.wait(lock);
  }
}

bool SpanSender::deliver(const std::vector<std::string>& batch) {
  const auto body = envelope_.around(batch);
  bool goes_on = wait(std::chrono::milliseconds{0});
  for (;;) {
    const auto answer = collector_->post(body, kRequestTimeout, out_of_time_);
    const auto fate = fate_of(answer.status);
    log_.note(fate, answer);
    note(fate, answer, batch.size());
    if (fate != Fate::retry) break;
    if (!goes_on) return false;
    goes_on = wait(backoff_.next(answer.retry_after, env_.random()));  // false: the next request is the last one
  }
  backoff_.reset();
  return true;
}

bool SpanSender::wait(std::chrono::milliseconds pause) {
  std::unique_lock lock{mutex_};
  return !changed_.wait_for(lock, pause, [this] { return stopped_; });
}

void SpanSender::note(Fate fate, const Collector::Answer& answer, std::uint64_t spans) {
  const auto not_taken = fate == Fate::delivered ? std::min(rejected_spans(answer.body), spans) : spans;
  const std::lock_guard lock{mutex_};
  if (fate == Fate::retry) {
    ++counts_.retried;
    return;
  }
  ++(fate == Fate::delivered ? counts_.delivered : counts_.refused);
  counts_.exported += spans - not_taken;
  counts_.rejected += not_taken;
}

}  // namespace forkmill::web::otlp
