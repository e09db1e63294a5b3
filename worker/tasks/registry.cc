#include "worker/tasks/registry.h"

#include <stdexcept>
#include <utility>

#include "proto/limits.h"
#include "proto/names.h"

namespace forkmill::worker {

void Registry::add(Registration registration) {
  if (!proto::is_name(registration.name)) {
    throw std::invalid_argument{"task name '" + registration.name +
                                "': must be 1 to 128 characters out of letters, digits and . _ - : /"};
  }
  if (registration.signature.size() > proto::limits::kMaxSignature) {
    throw std::invalid_argument{"task " + registration.name +
                                ": its signature is longer than 4096 characters; give "
                                "its types a forkmill::SignatureName"};
  }
  if (tasks_.size() == proto::limits::kMaxRegisteredTasks) {
    throw std::invalid_argument{"task " + registration.name + ": a worker registers at most 4096 tasks"};
  }
  const auto index = static_cast<std::uint32_t>(tasks_.size());
  if (!by_name_.emplace(registration.name, index).second) {
    throw std::invalid_argument{"task " + registration.name + " has a handler already"};
  }
  tasks_.push_back(std::move(registration));
}

std::optional<std::uint32_t> Registry::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace forkmill::worker
