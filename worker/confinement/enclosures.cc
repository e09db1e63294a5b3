#include "worker/confinement/enclosures.h"

namespace forkmill::worker {

Enclosures::Enclosures(const WorkerOptions& options, const std::optional<Account>& owner) {
  if (!options.task_folder.empty()) folder_ = std::make_unique<WorkerFolder>(options.task_folder, owner);
  if (!options.cgroup.empty()) groups_ = std::make_unique<ControlGroups>(options.cgroup, options.group_limits);
}

Enclosure Enclosures::add(const std::string& name) {
  Enclosure enclosure;
  if (folder_) enclosure.folder = folder_->add(name);
  if (groups_) enclosure.group = groups_->add(name);
  return enclosure;
}

void Enclosures::sweep() {
  if (groups_) groups_->sweep();
}

void Enclosures::remove(const Enclosure& enclosure) {
  if (groups_ && !enclosure.group.empty()) groups_->remove(enclosure.group);
  if (folder_ && !enclosure.folder.empty()) folder_->remove(enclosure.folder);
}

}  // namespace forkmill::worker
