#include "broker/core/tasks/task_types.h"

#include "proto/buggify.h"
#include "proto/check.h"

namespace forkmill::broker {

std::optional<TaskTypeId> TaskTypes::find(std::string_view name, std::uint64_t signature) const {
  if (last_ < types_.size() && types_[last_].signature == signature && types_[last_].name == name) return last_;
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  const auto type = found->second.find(signature);
  return type == found->second.end() ? std::nullopt : std::optional{type->second};
}

std::optional<TaskTypeId> TaskTypes::acquire(std::string_view name, std::uint64_t signature) {
  auto type = find(name, signature);
  if (!type) {
    type = free_number();
    if (!type) return std::nullopt;
    types_[*type].name = name;
    types_[*type].signature = signature;
    types_[*type].is_served = !is_served_ || is_served_(name, signature);
    by_name_[std::string{name}].emplace(signature, *type);
  }
  ++types_[*type].tasks;
  return last_ = *type;
}

void TaskTypes::note_workers_changed(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || !is_served_) return;
  for (const auto& [signature, type] : found->second) {
    const bool is_served = is_served_(name, signature);
    if (types_[type].is_served == is_served) continue;
    types_[type].is_served = is_served;
    ++served_version_;
  }
}

void TaskTypes::release(TaskTypeId number) {
  Type& type = types_[number];
  FORKMILL_CHECK(type.tasks > 0);
  if (--type.tasks > 0 || type.is_listed) return;
  type.is_listed = true;
  unused_.push_back(number);
}

TaskTypeId TaskTypes::number(std::string_view name, std::uint64_t signature) const {
  const auto type = find(name, signature);
  FORKMILL_CHECK(type.has_value());
  return *type;
}

std::optional<TaskTypeId> TaskTypes::free_number() {
  const bool is_full = types_.size() >= most_;
  while (!unused_.empty() && (is_full || unused_.size() > kMaxUnused || proto::buggify(proto::Path::names_forgotten))) {
    const TaskTypeId oldest = unused_.front();
    unused_.pop_front();
    types_[oldest].is_listed = false;
    if (types_[oldest].tasks > 0) continue;
    forget(oldest);
    return oldest;
  }
  if (is_full) return std::nullopt;
  types_.emplace_back();
  return static_cast<TaskTypeId>(types_.size() - 1);
}

void TaskTypes::forget(TaskTypeId number) {
  Type& type = types_[number];
  const auto found = by_name_.find(type.name);
  found->second.erase(type.signature);
  if (found->second.empty()) by_name_.erase(found);
  ++type.generation;
}

}  // namespace forkmill::broker
