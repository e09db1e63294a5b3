#include "broker/store/group_commit_thread.h"

#include <pthread.h>

#include <utility>
#include <variant>

#include "proto/os/signals_blocked.h"

namespace forkmill::broker {

GroupCommitThread::GroupCommitThread(std::unique_ptr<Store> store, std::uint64_t reserve)
    : service_{std::move(store), reserve} {
  publish();  // a disk that is full from the start
  const proto::SignalsBlocked blocked;
  thread_ = std::thread{[this] { run(); }};
}

GroupCommitThread::~GroupCommitThread() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void GroupCommitThread::commit(std::vector<StoreOp> ops, proto::CommitSeq number) {
  hand_over(StoreCommit{std::move(ops), number});
}

void GroupCommitThread::ask(StoreRequest request) { hand_over(std::move(request)); }

void GroupCommitThread::hand_over(StoreJob job) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    wake = jobs_.empty() && !busy_;
    jobs_.push_back(std::move(job));
  }
  if (wake) work_.notify_one();
}

void GroupCommitThread::finish() {
  service_.hurry();
  std::unique_lock lock{mutex_};
  idle_.wait(lock, [this] { return (jobs_.empty() && !busy_) || !news_.status.ok(); });
}

GroupCommitThread::News GroupCommitThread::take() {
  ready_.clear();
  const std::lock_guard lock{mutex_};
  announced_ = false;
  News news = news_;
  news_.answers.clear();
  return news;
}

StoreMeter GroupCommitThread::meter() {
  const std::lock_guard lock{mutex_};
  return meter_;
}

void GroupCommitThread::run() {
  pthread_setname_np(pthread_self(), "store");
  for (;;) {
    std::vector<StoreJob> jobs = next_jobs();
    proto::Status status = service_.serve(jobs);
    jobs.clear();
    const std::lock_guard lock{mutex_};
    busy_ = !jobs_.empty() || service_.has_backup();
    if (!status.ok()) news_.status = std::move(status);
    publish();
    if (!news_.status.ok() || (stopping_ && jobs_.empty())) return;
  }
}

std::vector<StoreJob> GroupCommitThread::next_jobs() {
  std::unique_lock lock{mutex_};
  const auto called = [this] { return !jobs_.empty() || stopping_; };
  const auto step = service_.next_step();
  if (!step)
    work_.wait(lock, called);
  else if (*step != StoreService::kAtOnce)
    work_.wait_until(lock, *step, called);
  busy_ = true;
  const std::size_t count = jobs_served_together(jobs_);
  if (count == jobs_.size()) return std::exchange(jobs_, {});
  const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<StoreJob> jobs{std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end)};
  jobs_.erase(jobs_.begin(), end);
  return jobs;
}

void GroupCommitThread::publish() {
  const bool news = service_.committed() != news_.committed || service_.has_answers() ||
                    service_.disk_full() != news_.disk_full || !news_.status.ok();
  meter_ = service_.meter();
  news_.committed = service_.committed();
  news_.disk_full = service_.disk_full();
  for (StoreAnswer& answer : service_.drain_answers()) news_.answers.push_back(std::move(answer));
  if (!busy_ || !news_.status.ok()) idle_.notify_all();
  if (!news || announced_.load()) return;
  announced_ = true;
  ready_.signal();
}

}  // namespace forkmill::broker
