#include "broker/store/group_commit_thread.h"

#include <utility>
#include <variant>

namespace forkmill::broker {

GroupCommitThread::GroupCommitThread(std::unique_ptr<Store> store, std::uint64_t reserve)
    : service_{std::move(store), reserve} {
  publish();  // a disk that is full from the start
  thread_.start("store", [this] { run(); });
}

GroupCommitThread::~GroupCommitThread() { thread_.stop(); }

void GroupCommitThread::commit(std::vector<StoreOp> ops, proto::CommitSeq number) {
  hand_over(StoreCommit{std::move(ops), number});
}

void GroupCommitThread::ask(StoreRequest request) { hand_over(std::move(request)); }

void GroupCommitThread::hand_over(StoreJob job) {
  bool wake = false;
  {
    const auto lock = thread_.lock();
    wake = jobs_.empty() && !busy_;
    jobs_.push_back(std::move(job));
  }
  if (wake) thread_.wake();
}

void GroupCommitThread::finish() {
  service_.hurry();
  auto lock = thread_.lock();
  idle_.wait(lock, [this] { return (jobs_.empty() && !busy_) || !news_.status.ok(); });
}

GroupCommitThread::News GroupCommitThread::take() {
  const auto lock = thread_.lock_for_news();
  News news = news_;
  news_.answers.clear();
  return news;
}

StoreMeter GroupCommitThread::meter() {
  const auto lock = thread_.lock();
  return meter_;
}

void GroupCommitThread::run() {
  for (;;) {
    std::vector<StoreJob> jobs = next_jobs();
    proto::Status status = service_.serve(jobs);
    jobs.clear();
    const auto lock = thread_.lock();
    busy_ = !jobs_.empty() || service_.has_backup();
    if (!status.ok()) news_.status = std::move(status);
    publish();
    if (!news_.status.ok() || (thread_.is_stopping() && jobs_.empty())) return;
  }
}

std::vector<StoreJob> GroupCommitThread::next_jobs() {
  auto lock = thread_.lock();
  const auto called = [this] { return !jobs_.empty() || thread_.is_stopping(); };
  const auto step = service_.next_step();
  if (!step)
    thread_.wait(lock, called);
  else if (*step != StoreService::kAtOnce)
    thread_.wait_until(lock, *step, called);
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
  if (news) thread_.announce();
}

}  // namespace forkmill::broker
