#include "worker/rules/logs/log_sending.h"

#include <algorithm>
#include <utility>

namespace forkmill::worker {

void LogSending::begin_session(std::uint64_t bytes, bool is_only_broker) {
  standard_ = bytes;
  if (is_only_broker) limits_.clear();
}

void LogSending::set_limits(const proto::LogLimits& limits) {
  for (const proto::QueueLogLimit& limit : limits.limits) limits_[limit.queue] = limit.bytes;
}

std::uint64_t LogSending::limit_of(const std::string& queue) const {
  if (limits_.empty()) return standard_;
  const auto found = limits_.find(queue);
  return found == limits_.end() ? standard_ : found->second;
}

void LogSending::open(std::uint64_t serial, const proto::Grant& grant, const std::string& queue) {
  Entry& entry = entries_[serial];
  entry.grant = grant;
  entry.most = static_cast<std::size_t>(std::min<std::uint64_t>(kMaxPending, limit_of(queue)));
}

void LogSending::add(std::uint64_t serial, const LogInput& input) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.news = true;
  pending_ -= entry.log.size();
  entry.log.add(input);
  pending_ += entry.log.size();
  const std::size_t before = entry.log.size();
  entry.log.trim(pending_ > kMuch ? std::min(entry.most, kFew) : entry.most);
  pending_ -= before - entry.log.size();
}

void LogSending::discard(std::uint64_t serial) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return;
  pending_ -= found->second.log.size();
  entries_.erase(found);
}

void LogSending::end(std::uint64_t serial) {
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return;
  found->second.over = true;
  found->second.news = true;
}

proto::LogNote LogSending::pop(proto::Instant now, Entry& entry) {
  const std::size_t size = entry.log.size();
  pending_ -= size;
  left_ -= std::min(left_, size);
  entry.news = false;
  entry.next_at = now + kPause;
  return {entry.grant, entry.log.drain(), entry.log.end(), entry.over};
}

void LogSending::pop_due(proto::Instant now, std::vector<proto::LogNote>& notes) {
  if (entries_.empty()) return;
  if (now >= full_until_) {
    left_ = kBytesAtOnce;
    full_until_ = now + kPause;
  }
  // The attempts that have waited longest come first: `left_` may not be enough for all.
  std::vector<std::pair<proto::Instant, std::uint64_t>> due;
  for (const auto& [serial, entry] : entries_)
    if (entry.is_due(now)) due.emplace_back(entry.next_at, serial);
  std::sort(due.begin(), due.end());
  for (const auto& [at, serial] : due) {
    if (left_ == 0) return;
    const auto found = entries_.find(serial);
    notes.push_back(pop(now, found->second));
    if (found->second.over) entries_.erase(found);
  }
}

void LogSending::pop_all(std::vector<proto::LogNote>& notes) {
  for (auto& [serial, entry] : entries_) {
    entry.over = true;
    notes.push_back(pop(proto::Instant{0}, entry));
  }
  entries_.clear();
}

proto::Instant LogSending::next_wakeup() const {
  proto::Instant next = proto::kNever;
  for (const auto& [serial, entry] : entries_)
    if (entry.news) next = std::min(next, entry.over ? proto::Instant{0} : entry.next_at);
  return left_ == 0 ? std::max(next, full_until_) : next;
}

}  // namespace forkmill::worker
