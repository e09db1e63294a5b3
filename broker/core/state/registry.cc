#include "broker/core/state/registry.h"

#include <forkmill/signature.h>

namespace forkmill::broker {

void Registry::add(const proto::WorkerInfo& info) {
  ++version_;
  for (const auto& task : info.tasks) ++by_name_[task.name][signature_hash(task.signature)];
}

void Registry::remove(const proto::WorkerInfo& info) {
  ++version_;
  for (const auto& task : info.tasks) {
    auto name = by_name_.find(task.name);
    if (name == by_name_.end()) continue;
    auto workers = name->second.find(signature_hash(task.signature));
    if (workers != name->second.end() && --workers->second == 0) name->second.erase(workers);
    if (name->second.empty()) by_name_.erase(name);
  }
}

Registry::Answer Registry::ask(std::string_view name, std::uint64_t signature) const {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) return Answer::nobody;
  return signature == 0 || found->second.contains(signature) ? Answer::served : Answer::other_signature;
}

}  // namespace forkmill::broker
