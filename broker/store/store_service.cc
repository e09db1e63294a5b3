#include "broker/store/store_service.h"

#include <filesystem>
#include <system_error>

namespace forkmill::broker {

namespace {

constexpr std::chrono::milliseconds kLookForRoom{500};
constexpr std::chrono::milliseconds kBetweenSteps{5};
constexpr std::chrono::milliseconds kLookForOwner{200};

}  // namespace

// ---- Jobs -----------------------------------------------------------------------------------------------------------

StoreCommit::StoreCommit(std::vector<StoreOp> changes, proto::CommitSeq commit)
    : ops{std::move(changes)}, number{commit} {
  for (const StoreOp& op : ops) bytes += bytes_to_write(op);
}

std::size_t jobs_served_together(const std::vector<StoreJob>& jobs) {
  constexpr std::size_t kMaxOps = 32 * 1024;
  constexpr std::size_t kMaxBytes = 32 * 1024 * 1024;
  std::size_t ops = 0;
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < jobs.size() && ops < kMaxOps && bytes < kMaxBytes; ++count) {
    const auto* commit = std::get_if<StoreCommit>(&jobs[count]);
    if (commit == nullptr) continue;
    if (count > 0 && bytes + commit->bytes > kMaxBytes) return count;
    ops += commit->ops.size();
    bytes += commit->bytes;
  }
  return count;
}

// ---- A backup -------------------------------------------------------------------------------------------------------

void RunningBackup::accept(std::uint64_t ticket, std::string path) {
  answer_ = StoreAnswer{ticket, BackupAnswer{std::uint64_t{0}}};
  path_ = std::move(path);
  begun_ = false;
}

std::optional<StoreAnswer> RunningBackup::step() {
  if (!std::exchange(begun_, true)) {
    if (auto status = store_.begin_backup(path_); !status.ok()) return end(std::move(status).failure());
  }
  auto done = store_.continue_backup();
  if (!done.ok()) return end(done.failure());
  if (!done.value()) return std::nullopt;
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path_, error);
  return end(bytes);
}

StoreAnswer RunningBackup::end(proto::Result<std::uint64_t> bytes) {
  StoreAnswer answer = std::move(*answer_);
  answer.what = BackupAnswer{std::move(bytes)};
  answer_.reset();
  return answer;
}

// ---- The disk -------------------------------------------------------------------------------------------------------

void DiskWatch::look() {
  const auto free = store_.free_bytes();
  if (!free) return;
  const std::uint64_t wanted = full_ ? reserve_ + reserve_ / 4 : reserve_;
  full_ = *free < wanted && (*free < wanted / 2 || *free + store_.reusable_bytes() < wanted);
}

proto::Status DiskWatch::make_room() {
  if (!full_ || Clock::now() < next_step_) return {};
  const auto more = store_.make_room();
  if (!more.ok()) return more.failure();
  next_step_ = Clock::now() + (more.value() ? kBetweenSteps : kLookForRoom);
  return {};
}

// ---- The service ----------------------------------------------------------------------------------------------------

StoreService::StoreService(std::unique_ptr<Store> store, std::uint64_t reserve)
    : store_{std::move(store)}, disk_{*store_, reserve} {}

proto::Status StoreService::serve(std::vector<StoreJob>& jobs) {
  proto::Status status = jobs.empty() ? proto::Status{} : serve_all(jobs);
  if (status.ok() && backup_.under_way()) {
    if (auto answer = backup_.step()) answers_.push_back(std::move(*answer));
  }
  if (status.ok() && jobs.empty()) status = prepare();
  if (status.ok() && !backup_.under_way()) status = disk_.make_room();
  if (status.ok() && store_->is_shared()) status = store_->still_owned();
  disk_.look();
  return status;
}

std::optional<StoreService::Clock::time_point> StoreService::next_step() const {
  if (backup_.under_way()) return kAtOnce;
  if (disk_.full()) return disk_.next_step();
  if (preparing_) return next_preparation_;
  if (store_->is_shared()) return Clock::now() + kLookForOwner;
  return std::nullopt;
}

proto::Status StoreService::serve_all(std::vector<StoreJob>& jobs) {
  proto::CommitSeq last;
  for (StoreJob& job : jobs) {
    if (auto* request = std::get_if<StoreRequest>(&job)) {
      if (auto status = serve_one(*request); !status.ok()) return status;
      continue;
    }
    const StoreCommit& commit = std::get<StoreCommit>(job);
    if (auto status = store_->apply(commit.ops); !status.ok()) return status;
    meter_.changes += commit.ops.size();
    last = commit.number;
  }
  return last ? commit(last) : proto::Status{};
}

proto::Status StoreService::commit(proto::CommitSeq number) {
  const auto begin = Clock::now();
  if (auto status = store_->commit(number); !status.ok()) return status;
  meter_.commit_times.add(std::chrono::duration_cast<proto::Instant>(Clock::now() - begin));
  meter_.bytes = store_->written_bytes();
  committed_ = number;
  return {};
}

proto::Status StoreService::serve_one(StoreRequest& request) {
  if (auto* wanted = std::get_if<BackupRequest>(&request.what)) {
    if (!backup_.under_way()) {
      backup_.accept(request.ticket, std::move(wanted->path));
    } else {
      proto::Failure busy{Errc::bad_request, "another backup is being written: try again when it is done"};
      answers_.push_back({request.ticket, BackupAnswer{std::move(busy)}});
    }
    return {};
  }
  auto answer = broker::serve(*store_, request);
  if (!answer.ok()) return answer.failure();
  answers_.push_back(std::move(answer).value());
  return {};
}

proto::Status StoreService::prepare() {
  if (!preparing_ || disk_.full() || Clock::now() < next_preparation_) return {};
  const auto more = store_->prepare();
  if (!more.ok()) return more.failure();
  preparing_ = more.value();
  next_preparation_ = Clock::now() + kBetweenSteps;
  return {};
}

}  // namespace forkmill::broker
