#include "broker/core/state/registry.h"

#include <forkmill/signature.h>

namespace forkmill::broker {

void Registry::add(const proto::WorkerInfo& info) {
  ++version_;
  for (const auto& task : info.tasks) {
    Entry& entry = by_name_[task.name][signature_hash(task.signature)];
    entry.text = task.signature;
    ++entry.workers;
  }
}

void Registry::remove(const proto::WorkerInfo& info) {
  ++version_;
  for (const auto& task : info.tasks) {
    auto name = by_name_.find(task.name);
    if (name == by_name_.end()) continue;
    auto entry = name->second.find(signature_hash(task.signature));
    if (entry != name->second.end() && --entry->second.workers == 0) name->second.erase(entry);
    if (name->second.empty()) by_name_.erase(name);
  }
}

Registry::Answer Registry::ask(std::string_view name, std::uint64_t signature) const {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) return Answer::nobody;
  return signature == 0 || found->second.contains(signature) ? Answer::served : Answer::other_signature;
}

std::string Registry::signatures(std::string_view name) const {
  std::string text;
  if (auto found = by_name_.find(name); found != by_name_.end()) {
    for (const auto& [hash, entry] : found->second) {
      text += (text.empty() ? "" : ", ") + entry.text;
      if (text.size() >= proto::limits::kMaxSignature) break;
    }
  }
  return text;
}

}  // namespace forkmill::broker
