#include "broker/core/tasks/owners.h"

namespace forkmill::broker {

Owner* Owners::find_or_make(std::string_view name) {
  if (name.empty()) return &owners_.front();
  std::string key{name};
  if (const auto found = by_name_.find(key); found != by_name_.end()) return found->second;
  if (owners_.size() > kMax) return nullptr;
  Owner& owner = owners_.emplace_back();
  owner.name = key;
  owner.number = static_cast<std::uint16_t>(owners_.size() - 1);
  by_name_.emplace(std::move(key), &owner);
  return &owner;
}

}  // namespace forkmill::broker
