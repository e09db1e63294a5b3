#include "tests/sim/disk/names.h"

#include <algorithm>

#include "broker/store/sqlite/file_system.h"

namespace forkmill::sim {

DiskNames::DiskNames() { now_["/"] = safe_["/"] = std::make_shared<DiskNode>(true); }

DiskNames::Node DiskNames::find(const std::string& path) const {
  const auto found = now_.find(path);
  return found == now_.end() ? nullptr : found->second;
}

void DiskNames::change(Change names) {
  for (const auto& [path, node] : names) {
    if (node == nullptr)
      now_.erase(path);
    else
      now_[path] = node;
  }
  unsafe_.push_back(std::move(names));
}

void DiskNames::make_safe(const Change& names) {
  for (const auto& [path, node] : names) {
    if (node == nullptr)
      safe_.erase(path);
    else
      safe_[path] = node;
  }
}

void DiskNames::sync(const std::string& directory) {
  std::vector<Change> rest;
  for (Change& names : unsafe_) {
    const bool concerned = std::any_of(names.begin(), names.end(),
                                       [&](const auto& one) { return broker::parent_of(one.first) == directory; });
    if (concerned)
      make_safe(names);
    else
      rest.push_back(std::move(names));
  }
  unsafe_ = std::move(rest);
}

void DiskNames::sync_name(const std::string& path) {
  if (const auto node = find(path)) safe_[path] = node;
}

const std::map<std::string, DiskNames::Node>& DiskNames::lose_power(Random& random, bool in_order) {
  const double keep = random.chance(0.5) ? random.unit() : static_cast<double>(random.below(2));
  std::size_t most = in_order ? random.below(unsafe_.size() + 1) : unsafe_.size();
  for (const Change& names : std::exchange(unsafe_, {})) {
    if (most == 0) break;
    --most;
    if (in_order || random.chance(keep)) make_safe(names);
  }
  // Files go with the directory that they were in. A directory comes before its files in this order.
  std::erase_if(safe_, [this](const auto& one) { return !safe_.contains(broker::parent_of(one.first)); });
  now_ = safe_;
  return now_;
}

}  // namespace forkmill::sim
