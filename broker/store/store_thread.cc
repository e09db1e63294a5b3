#include "broker/store/store_thread.h"

#include <pthread.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "proto/os/signals_blocked.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kMaxOps = 32 * 1024;  // limit of one commit, so that later jobs do not wait long
constexpr std::chrono::milliseconds kLookForRoom{500};
constexpr std::chrono::milliseconds kBetweenPreparations{5};

}  // namespace

StoreThread::StoreThread(std::unique_ptr<Store> store, std::uint64_t reserve)
    : store_{std::move(store)}, reserve_{reserve} {
  check_room();
  publish();  // a disk that is full from the start
  const proto::SignalsBlocked blocked;
  thread_ = std::thread{[this] { run(); }};
}

StoreThread::~StoreThread() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void StoreThread::commit(std::vector<StoreOp> ops, proto::CommitSeq number) {
  hand_over(Commit{std::move(ops), number});
}

void StoreThread::ask(StoreRequest request) { hand_over(std::move(request)); }

void StoreThread::hand_over(Job job) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    wake = jobs_.empty() && !busy_;
    jobs_.push_back(std::move(job));
  }
  if (wake) work_.notify_one();
}

void StoreThread::finish() {
  std::unique_lock lock{mutex_};
  idle_.wait(lock, [this] { return (jobs_.empty() && !busy_) || !news_.status.ok(); });
}

StoreThread::News StoreThread::take() {
  ready_.clear();
  const std::lock_guard lock{mutex_};
  announced_ = false;
  News news = news_;
  news_.answers.clear();
  return news;
}

void StoreThread::run() {
  pthread_setname_np(pthread_self(), "store");
  for (;;) {
    std::vector<Job> jobs = next_jobs();
    proto::Status status = jobs.empty() ? proto::Status{} : serve_all(jobs);
    if (status.ok() && backup_) go_on_with_backup();
    if (status.ok() && jobs.empty()) status = prepare();
    check_room();
    jobs.clear();
    const std::lock_guard lock{mutex_};
    busy_ = !jobs_.empty() || backup_.has_value();
    if (!status.ok()) news_.status = std::move(status);
    publish();
    if (!news_.status.ok() || (stopping_ && jobs_.empty())) return;
  }
}

// Returns no jobs when it is time to look for free space, to prepare, to continue a backup, or to stop.
std::vector<StoreThread::Job> StoreThread::next_jobs() {
  std::unique_lock lock{mutex_};
  const auto called = [this] { return !jobs_.empty() || stopping_; };
  if (backup_) {
    // A backup continues without waiting.
  } else if (full_) {
    work_.wait_for(lock, kLookForRoom, called);
  } else if (preparing_) {
    work_.wait_until(lock, next_preparation_, called);
  } else {
    work_.wait(lock, called);
  }
  busy_ = true;
  std::size_t ops = 0;
  std::size_t count = 0;
  for (; count < jobs_.size() && ops < kMaxOps; ++count)
    if (const auto* commit = std::get_if<Commit>(&jobs_[count])) ops += commit->ops.size();
  if (count == jobs_.size()) return std::exchange(jobs_, {});
  const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Job> jobs{std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end)};
  jobs_.erase(jobs_.begin(), end);
  return jobs;
}

proto::Status StoreThread::serve_all(std::vector<Job>& jobs) {
  proto::CommitSeq last;
  for (Job& job : jobs) {
    if (auto* request = std::get_if<StoreRequest>(&job)) {
      if (auto status = serve_one(*request); !status.ok()) return status;
      continue;
    }
    const Commit& commit = std::get<Commit>(job);
    if (auto status = store_->apply(commit.ops); !status.ok()) return status;
    last = commit.number;
  }
  if (!last) return {};
  if (auto status = store_->commit(last); !status.ok()) return status;
  committed_ = last;
  return {};
}

proto::Status StoreThread::serve_one(StoreRequest& request) {
  if (auto* wanted = std::get_if<BackupRequest>(&request.what)) {
    proto::Failure busy{Errc::bad_request, "another backup is being written: try again when it is done"};
    StoreAnswer answer{request.ticket, BackupAnswer{std::move(busy)}};
    if (!backup_) {
      backup_path_ = wanted->path;
      backup_ = std::move(answer);
    } else {
      answers_.push_back(std::move(answer));
    }
    return {};
  }
  auto answer = serve(*store_, request);
  if (!answer.ok()) return answer.failure();
  answers_.push_back(std::move(answer).value());
  return {};
}

proto::Status StoreThread::prepare() {
  if (!preparing_ || full_ || std::chrono::steady_clock::now() < next_preparation_) return {};
  const auto more = store_->prepare();
  if (!more.ok()) return more.failure();
  preparing_ = more.value();
  next_preparation_ = std::chrono::steady_clock::now() + kBetweenPreparations;
  return {};
}

// Runs between commits. An error of the copy ends the backup, not the store.
void StoreThread::go_on_with_backup() {
  if (!backup_path_.empty()) {
    backing_up_ = std::exchange(backup_path_, {});
    if (auto status = store_->begin_backup(backing_up_); !status.ok()) return end_backup(std::move(status).failure());
  }
  auto done = store_->continue_backup();
  if (!done.ok()) return end_backup(done.failure());
  if (!done.value()) return;
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(backing_up_, error);
  end_backup(bytes);
}

void StoreThread::end_backup(proto::Result<std::uint64_t> bytes) {
  backup_->what = BackupAnswer{std::move(bytes)};
  answers_.push_back(std::move(*backup_));
  backup_.reset();
}

void StoreThread::check_room() {
  const auto free = store_->free_bytes();
  if (!free) return;
  full_ = *free < (full_ ? reserve_ + reserve_ / 4 : reserve_);
}

void StoreThread::publish() {
  const bool news =
      committed_ != news_.committed || !answers_.empty() || full_ != news_.disk_full || !news_.status.ok();
  news_.committed = committed_;
  news_.disk_full = full_;
  for (StoreAnswer& answer : answers_) news_.answers.push_back(std::move(answer));
  answers_.clear();
  if (!busy_ || !news_.status.ok()) idle_.notify_all();
  if (!news || announced_.load()) return;
  announced_ = true;
  ready_.signal();
}

}  // namespace forkmill::broker
