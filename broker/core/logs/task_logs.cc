#include "broker/core/logs/task_logs.h"

#include <algorithm>
#include <utility>

namespace forkmill::broker {

void TaskLogs::add(const proto::LogNote& note, std::uint64_t worker, std::uint64_t limit, proto::milliseconds at) {
  take(find_or_make(note.grant, worker, limit), note, at);
}

bool TaskLogs::add_to_known(const proto::LogNote& note, std::uint64_t worker, proto::milliseconds at) {
  Log* log = find(note.grant);
  if (log == nullptr || log->worker != worker || log->log.is_over()) return false;
  take(*log, note, at);
  return true;
}

void TaskLogs::expect(const proto::Grant& grant, std::uint64_t worker, std::uint64_t limit, proto::milliseconds at) {
  find_or_make(grant, worker, limit).heard_at = at;
  make_room();
}

void TaskLogs::close(const proto::Grant& grant) {
  if (Log* log = find(grant)) log->log.close();
}

void TaskLogs::task_ended(proto::TaskSeq task) {
  if (by_task_.empty()) return;
  const auto found = by_task_.find(task);
  if (found == by_task_.end() || std::exchange(found->second.has_ended, true)) return;
  ended_.splice(ended_.end(), unfinished_, found->second.place);
}

void TaskLogs::forget(proto::TaskSeq task) {
  if (by_task_.empty()) return;
  if (const auto found = by_task_.find(task); found != by_task_.end()) erase(found);
}

const std::deque<TaskLogs::Log>* TaskLogs::of(proto::TaskSeq task) const {
  const auto found = by_task_.find(task);
  return found == by_task_.end() ? nullptr : &found->second.logs;
}

const TaskLogs::Log* TaskLogs::find(proto::TaskSeq task, proto::Attempt attempt) const {
  const auto* logs = of(task);
  if (logs == nullptr) return nullptr;
  const auto found =
      std::find_if(logs->begin(), logs->end(), [&](const Log& one) { return one.log.grant().attempt == attempt; });
  return found == logs->end() ? nullptr : &*found;
}

TaskLogs::Log* TaskLogs::find(const proto::Grant& grant) {
  if (by_task_.empty()) return nullptr;
  const auto found = by_task_.find(grant.seq);
  if (found == by_task_.end()) return nullptr;
  // The last attempt mostly.
  const auto log = std::find_if(found->second.logs.rbegin(), found->second.logs.rend(),
                                [&](const Log& one) { return one.log.grant() == grant; });
  return log == found->second.logs.rend() ? nullptr : &*log;
}

TaskLogs::Log& TaskLogs::find_or_make(const proto::Grant& grant, std::uint64_t worker, std::uint64_t limit) {
  if (Log* log = find(grant)) {
    if (log->worker == worker) return *log;
    // The grant was handed back unstarted, and is another worker's now.
    bytes_ -= log->log.size();
    *log = Log{AttemptLog{grant, limit}, worker};
    bytes_ += log->log.size();
    return *log;
  }
  const auto [place, is_new] = by_task_.try_emplace(grant.seq);
  Entry& entry = place->second;
  if (is_new) entry.place = unfinished_.insert(unfinished_.end(), grant.seq);
  // An attempt of the same number, granted by an earlier broker or handed back, is no attempt any more.
  std::erase_if(entry.logs, [&](const Log& one) {
    const bool is_stale = one.log.grant().attempt >= grant.attempt;
    if (is_stale) bytes_ -= one.log.size();
    return is_stale;
  });
  if (entry.logs.size() >= kMaxAttempts) {
    bytes_ -= entry.logs.front().log.size();
    entry.logs.pop_front();
  }
  Log& log = entry.logs.emplace_back(Log{AttemptLog{grant, limit}, worker});
  bytes_ += log.log.size();
  return log;
}

void TaskLogs::take(Log& log, const proto::LogNote& note, proto::milliseconds at) {
  AttemptLog& kept = log.log;
  bytes_ -= kept.size();
  meter_.printed -= kept.end();
  meter_.missing -= kept.missing();
  kept.add(note, at);
  meter_.printed += kept.end();
  meter_.missing += kept.missing();
  bytes_ += kept.size();
  log.heard_at = at;
  make_room();
}

void TaskLogs::make_room() {
  while (bytes_ > most_ && !by_task_.empty()) {
    ++(ended_.empty() ? meter_.dropped_unfinished : meter_.dropped_ended);
    const proto::TaskSeq task = ended_.empty() ? unfinished_.front() : ended_.front();
    erase(by_task_.find(task));
  }
}

void TaskLogs::erase(Map::iterator entry) {
  for (const Log& log : entry->second.logs) bytes_ -= log.log.size();
  (entry->second.has_ended ? ended_ : unfinished_).erase(entry->second.place);
  by_task_.erase(entry);
}

}  // namespace forkmill::broker
