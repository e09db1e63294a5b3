#include "broker/core/operators/listing/id_search.h"

#include "broker/core/state/task_visibility.h"
#include "proto/buggify.h"

namespace forkmill::broker {

namespace {

std::size_t slice_of_search() { return proto::buggify(proto::Path::short_page) ? 16 : IdSearch::kSlice; }

}  // namespace

bool IdSearch::step(const Tasks& tasks, const Client& asker) {
  const bool has_more = tasks.visit_hashes(place_, slice_of_search(),
                                           {[&](const Task& task) {
                                              if (begins_with(task.id, digits_) && may_see(asker, task))
                                                found_.push_back(task.id);
                                            },
                                            [&](const TaskId& id, PagedOutEntry entry) {
                                              if (begins_with(id, digits_) && might_see(asker, entry))
                                                found_.push_back(id);
                                            }});
  if (found_.size() > 1) return false;  // the beginning names none of them
  if (has_more || asker.owner == nullptr) return has_more;
  for (const auto& [owners_id, id] : asker.owner->renamed)
    if (begins_with(owners_id, digits_)) found_.push_back(id);
  return false;
}

}  // namespace forkmill::broker
