#include "worker/rules/child_lines.h"

#include <algorithm>

namespace forkmill::worker {

namespace {

constexpr double kMaxAheadUs = 5000;        // work in a line
constexpr double kUnknownUs = kMaxAheadUs;  // a task that was never measured counts as long
constexpr double kWakeUs = 25;              // cost of waking an idle child
constexpr std::size_t kMaxLine = 1024;      // attempts

double microseconds_between(proto::Instant from, proto::Instant to) { return static_cast<double>((to - from).count()); }

}  // namespace

bool ChildLines::is_present(ChildKey key) const {
  return key.slot < children_.size() && children_[key.slot].present && children_[key.slot].key == key;
}

void ChildLines::add_child(ChildKey key) {
  if (key.slot >= children_.size()) return;
  children_[key.slot] = {};
  children_[key.slot].key = key;
  children_[key.slot].present = true;
}

void ChildLines::open(ChildKey key) {
  if (is_present(key)) children_[key.slot].open = !children_[key.slot].dismissed;
}

void ChildLines::set_limit(std::size_t limit) {
  limit_ = limit;
  if (limit > children_.size()) children_.resize(limit);
}

std::vector<ChildKey> ChildLines::dismiss_surplus() {
  std::vector<ChildKey> idle;
  for (std::size_t slot = limit_; slot < children_.size(); ++slot) {
    Child& child = children_[slot];
    if (!child.present || child.dismissed || !child.line.empty()) continue;
    child.open = false;
    child.dismissed = true;
    idle.push_back(child.key);
  }
  return idle;
}

std::vector<std::uint64_t> ChildLines::remove_child(ChildKey key) {
  std::vector<std::uint64_t> serials;
  if (!is_present(key)) return serials;
  for (const ChildLine::Entry& entry : children_[key.slot].line) serials.push_back(entry.serial);
  children_[key.slot] = {};
  return serials;
}

std::optional<std::uint32_t> ChildLines::choose(proto::Instant now, std::optional<double> run_us) const {
  std::optional<std::uint32_t> best;
  double best_wait = kMaxAheadUs;
  for (std::uint32_t slot = 0; slot < limit_; ++slot) {
    const Child& child = children_[slot];
    if (!child.open || now >= child.late_at() || (max_tasks_ != 0 && child.assigned >= max_tasks_)) continue;
    double wait = kWakeUs;
    if (!child.line.empty()) {
      if (!run_us || *run_us > kMaxAheadUs || child.line.size() >= kMaxLine) continue;
      const double elapsed = microseconds_between(child.front_since, now);
      const double front = child.line.front().run_us;
      // A front that has outlasted its estimate is expected to go on for as long again.
      const double rest = elapsed < front ? front - elapsed : elapsed;
      wait = rest + (child.line_us - front);
    }
    if (wait < best_wait) {
      best = slot;
      best_wait = wait;
    }
  }
  return best;
}

void ChildLines::append(proto::Instant now, std::uint32_t slot, std::uint64_t serial, std::optional<double> run_us) {
  Child& child = children_.at(slot);
  if (child.line.empty()) child.front_since = now;
  child.line.push_back({serial, run_us.value_or(kUnknownUs)});
  child.line_us += child.line.back().run_us;
  ++child.assigned;
}

void ChildLines::finish(proto::Instant now, std::uint32_t slot, std::uint64_t serial) {
  Child& child = children_.at(slot);
  if (child.line.empty()) return;
  if (child.line.front().serial == serial) {
    child.line_us -= child.line.front().run_us;
    child.line.pop_front();
    child.front_since = now;
  } else if (const auto found = std::find_if(child.line.rbegin(), child.line.rend(),
                                             [&](const ChildLine::Entry& entry) { return entry.serial == serial; });
             found != child.line.rend()) {
    child.line_us -= found->run_us;
    child.line.erase(std::next(found).base());
  }
  if (child.line.empty()) child.line_us = 0;
}

void ChildLines::revoke(proto::Instant now, std::uint32_t slot, std::uint64_t serial) {
  Child& child = children_.at(slot);
  const std::size_t before = child.line.size();
  finish(now, slot, serial);
  if (child.line.size() < before) --child.assigned;
}

proto::Instant ChildLine::late_at() const {
  if (line.empty()) return proto::kNever;
  const auto expected = static_cast<std::int64_t>(2 * std::min(line.front().run_us, kUnknownUs));
  return front_since + proto::Instant{expected} + ChildLines::kPatience;
}

std::vector<std::uint32_t> ChildLines::overdue(proto::Instant now) const {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < children_.size(); ++slot) {
    if (now >= children_[slot].overdue_at()) slots.push_back(slot);
  }
  return slots;
}

proto::Instant ChildLines::next_overdue() const {
  proto::Instant next = proto::kNever;
  for (const Child& child : children_) next = std::min(next, child.overdue_at());
  return next;
}

std::size_t ChildLines::capacity(proto::Instant now, std::size_t ahead) const {
  std::size_t sum = 0;
  for (std::size_t slot = 0; slot < children_.size(); ++slot) {
    const Child& child = children_[slot];
    std::size_t most = child.line.size();
    if (slot < limit_ && child.open && now < child.late_at()) {
      std::size_t more = 1 + ahead - std::min(1 + ahead, most);
      if (max_tasks_ != 0) more = std::min<std::size_t>(more, max_tasks_ - std::min(max_tasks_, child.assigned));
      most += more;
    }
    sum += most;
  }
  return sum;
}

proto::Instant ChildLines::next_late(proto::Instant now) const {
  proto::Instant next = proto::kNever;
  for (const Child& child : children_) {
    if (const auto at = child.late_at(); child.open && at > now) next = std::min(next, at);
  }
  return next;
}

std::optional<ChildKey> ChildLines::key(std::uint32_t slot) const {
  return slot < children_.size() && children_[slot].present ? std::optional{children_[slot].key} : std::nullopt;
}

std::vector<std::uint64_t> ChildLines::behind_front(std::uint32_t slot) const {
  std::vector<std::uint64_t> serials;
  const auto& line = children_.at(slot).line;
  for (std::size_t i = 1; i < line.size(); ++i) serials.push_back(line[i].serial);
  return serials;
}

std::size_t ChildLines::running() const {
  return static_cast<std::size_t>(
      std::count_if(children_.begin(), children_.end(), [](const Child& child) { return !child.line.empty(); }));
}

}  // namespace forkmill::worker
