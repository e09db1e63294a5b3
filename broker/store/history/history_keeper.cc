#include "broker/store/history/history_keeper.h"

#include <algorithm>
#include <variant>

#include "broker/store/store_error.h"

namespace forkmill::broker {

using proto::Now;

// Does the work, which throws StoreError; returns whether it was done.
template <class Work>
bool HistoryKeeper::attempt(Now now, Work&& work) {
  if (database_ == nullptr) return false;
  try {
    work();
    return true;
  } catch (const StoreError& error) {
    stop(error.what(), now);
  }
  return false;
}

void HistoryKeeper::open(Now now) {
  if (database_ != nullptr || (!meter_.stopped.empty() && now.steady < try_again_at_)) return;
  try {
    const auto set_aside = [&](const std::string& text) {
      damage_.clear();
      warn(text, now);
    };
    database_ = std::make_unique<HistoryDatabase>(options_, damage_, set_aside);
    meter_.stopped.clear();
    measure();
  } catch (const StoreError& error) {
    stop(error.what(), now);
  }
}

void HistoryKeeper::write(std::span<const FinishedTask> tasks, Now now) {
  if (tasks.empty()) return;
  open(now);
  if (!has_room(now) || !attempt(now, [&] { database_->append(tasks); })) return add_dropped(tasks.size(), now);
  unsynced_ = true;
  meter_.written += tasks.size();
  attempt(now, [&] {
    database_->checkpoint();
    measure();
  });
}

void HistoryKeeper::add_dropped(std::uint64_t tasks, Now now) {
  if (tasks == 0) return;
  meter_.dropped += tasks;
  warn(meter_.stopped.empty() ? "the history of finished tasks cannot keep up with the tasks" : meter_.stopped, now);
}

// The store needs the last free bytes itself.
bool HistoryKeeper::has_room(Now now) {
  if (database_ == nullptr) return false;
  const auto free = options_.files->free_bytes(options_.directory);
  if (!free || *free >= options_.disk_reserve) {
    meter_.stopped.clear();
    return true;
  }
  meter_.stopped = "less than " + std::to_string(options_.disk_reserve) + " bytes are free (--disk-reserve)";
  warn(meter_.stopped, now);
  return false;
}

void HistoryKeeper::sync(Now now) {
  if (!std::exchange(unsynced_, false)) return;
  attempt(now, [&] { database_->sync(); });
}

HistoryAnswer HistoryKeeper::answer(const HistoryRequest& request, Now now) {
  open(now);
  HistoryAnswer answer;
  const bool done = attempt(now, [&] {
    const auto* scan = std::get_if<HistoryScan>(&request.what);
    answer = scan != nullptr ? database_->scan(*scan) : database_->find(std::get<HistoryFind>(request.what));
    meter_.damaged = damaged_before_ + database_->damaged();
  });
  if (!done) answer.status = {Errc::history_unavailable, meter_.stopped};
  return answer;
}

bool HistoryKeeper::trim(Now now) {
  open(now);
  bool more = false;
  attempt(now, [&] {
    const std::uint64_t before = database_->tasks();
    more = database_->trim(now.unix_time);
    measure();
    meter_.removed += before - std::min(before, meter_.tasks);
  });
  return more;
}

void HistoryKeeper::stop(std::string why, Now now) {
  if (database_ != nullptr) {
    damaged_before_ += database_->damaged();
    if (database_->is_damaged()) damage_ = why;
  }
  database_.reset();
  unsynced_ = false;
  ++meter_.errors;
  meter_.stopped = std::move(why);
  try_again_at_ = now.steady + kTryAgain;
  warn(meter_.stopped, now);
}

void HistoryKeeper::warn(const std::string& text, Now now) {
  if (warned_at_ != proto::Instant{0} && now.steady < warned_at_ + kTryAgain) return;
  warned_at_ = now.steady;
  warning_ = text;
  const std::uint64_t dropped = meter_.dropped - std::exchange(dropped_when_warned_, meter_.dropped);
  if (dropped > 0) warning_ += "; " + std::to_string(dropped) + " more finished tasks are not in the history";
}

void HistoryKeeper::measure() {
  meter_.tasks = database_->tasks();
  meter_.bytes = database_->bytes();
  meter_.oldest = database_->oldest();
}

}  // namespace forkmill::broker
