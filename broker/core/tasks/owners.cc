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

void Owners::hold_result(Owner& owner, std::size_t bytes) {
  if (owner.results.tasks == 0) ++holders_;
  for (HeldResults* held : {&owner.results, &results_}) {
    ++held->tasks;
    held->bytes += bytes;
  }
}

void Owners::release_result(Owner& owner, std::size_t bytes) {
  for (HeldResults* held : {&owner.results, &results_}) {
    FORKMILL_CHECK(held->tasks > 0 && held->bytes >= bytes);
    --held->tasks;
    held->bytes -= bytes;
  }
  if (owner.results.tasks == 0) --holders_;
}

}  // namespace forkmill::broker
