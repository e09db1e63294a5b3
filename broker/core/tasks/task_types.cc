#include "broker/core/tasks/task_types.h"

namespace forkmill::broker {

std::optional<KindId> TaskTypes::intern(std::string_view name, std::uint64_t signature) {
  if (last_ < task_types_.size() && task_types_[last_].signature == signature && task_types_[last_].name == name)
    return last_;
  auto found = by_name_.find(name);
  if (found != by_name_.end()) {
    if (auto kind = found->second.find(signature); kind != found->second.end()) return last_ = kind->second;
  }
  if (task_types_.size() >= most_) return std::nullopt;
  if (found == by_name_.end()) found = by_name_.emplace(std::string{name}, std::map<std::uint64_t, KindId>{}).first;
  last_ = static_cast<KindId>(task_types_.size());
  task_types_.push_back({std::string{name}, signature});
  found->second.emplace(signature, last_);
  return last_;
}

}  // namespace forkmill::broker
