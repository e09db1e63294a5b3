#include "broker/store/history/history_thread.h"

#include <algorithm>
#include <span>
#include <utility>

namespace forkmill::broker {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGather{100};  // a task waits no longer for others to be written with it
constexpr milliseconds kSyncInterval{2000};
constexpr milliseconds kTrimInterval{10'000};  // without new tasks
constexpr std::size_t kManyTasks = 4096;       // are written without waiting for more
constexpr std::size_t kOneCommit = 8192;       // the most tasks of one commit, so that searches do not wait long

proto::Now time_now() {
  return {std::chrono::duration_cast<proto::Instant>(std::chrono::steady_clock::now().time_since_epoch()),
          std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())};
}

}  // namespace

HistoryThread::HistoryThread(HistoryOptions options) : keeper_{std::move(options)} {
  thread_.start("history", [this] { run(); });
}

HistoryThread::~HistoryThread() { thread_.stop(); }

void HistoryThread::add(std::vector<FinishedTask>& tasks) {
  if (tasks.empty()) return;
  bool wake = false;
  {
    const auto lock = thread_.lock();
    const std::size_t before = jobs_.tasks.size();
    if (before == 0) first_came_ = Clock::now();
    for (FinishedTask& task : tasks) {
      const std::size_t bytes = memory_of(task);
      if (jobs_.bytes + bytes > kMaxWaiting) {
        ++jobs_.dropped;
        continue;
      }
      jobs_.bytes += bytes;
      jobs_.tasks.push_back(std::move(task));
    }
    wake = before == 0 || (before < kManyTasks && jobs_.tasks.size() >= kManyTasks);
  }
  tasks.clear();
  if (wake) thread_.wake();
}

void HistoryThread::ask(StoreRequest request) {
  {
    const auto lock = thread_.lock();
    jobs_.requests.push_back(std::move(request));
  }
  thread_.wake();
}

HistoryThread::News HistoryThread::take() {
  const auto lock = thread_.lock_for_news();
  return std::exchange(news_, {});
}

HistoryMeter HistoryThread::meter() {
  const auto lock = thread_.lock();
  return meter_;
}

void HistoryThread::run() {
  keeper_.open(time_now());
  publish({});
  for (Jobs jobs; wait(jobs); jobs = {}) work(jobs);
  keeper_.sync(time_now());
}

bool HistoryThread::wait(Jobs& jobs) {
  auto lock = thread_.lock();
  const auto called = [this] {
    return thread_.is_stopping() || !jobs_.requests.empty() || jobs_.dropped > 0 || jobs_.tasks.size() >= kManyTasks;
  };
  while (!called()) {
    auto until = plan_.more_to_trim ? Clock::now() : plan_.trim_at;
    if (keeper_.has_unsynced()) until = std::min(until, plan_.sync_at);
    if (!jobs_.tasks.empty()) until = std::min(until, first_came_ + kGather);
    if (until <= Clock::now()) break;
    thread_.wait_until(lock, until);
  }
  const bool goes_on = !thread_.is_stopping() || !jobs_.tasks.empty() || !jobs_.requests.empty();
  jobs = std::exchange(jobs_, {});
  return goes_on;
}

void HistoryThread::work(Jobs& jobs) {
  const bool had_unsynced = keeper_.has_unsynced();
  const std::span<const FinishedTask> tasks{jobs.tasks};
  for (std::size_t at = 0; at < tasks.size(); at += kOneCommit)
    keeper_.write(tasks.subspan(at, std::min(kOneCommit, tasks.size() - at)), time_now());
  keeper_.add_dropped(jobs.dropped, time_now());
  std::vector<StoreAnswer> answers;
  answers.reserve(jobs.requests.size());
  for (const StoreRequest& request : jobs.requests)
    answers.push_back({request.ticket, keeper_.answer(std::get<HistoryRequest>(request.what), time_now())});
  if (!tasks.empty() || plan_.more_to_trim || Clock::now() >= plan_.trim_at) {
    plan_.more_to_trim = keeper_.trim(time_now());
    plan_.trim_at = Clock::now() + kTrimInterval;
  }
  if (!had_unsynced) plan_.sync_at = Clock::now() + kSyncInterval;
  const bool ends = [this] {
    const auto lock = thread_.lock();
    return thread_.is_stopping();
  }();
  if (ends || Clock::now() >= plan_.sync_at) {
    keeper_.sync(time_now());
    plan_.sync_at = Clock::now() + kSyncInterval;
  }
  publish(std::move(answers));
}

void HistoryThread::publish(std::vector<StoreAnswer> answers) {
  std::string warning = keeper_.drain_warning();
  const auto lock = thread_.lock();
  meter_ = keeper_.meter();
  if (answers.empty() && warning.empty()) return;
  for (StoreAnswer& answer : answers) news_.answers.push_back(std::move(answer));
  if (!warning.empty()) news_.warning = std::move(warning);
  thread_.announce();
}

}  // namespace forkmill::broker
