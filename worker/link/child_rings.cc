#include "worker/link/child_rings.h"

#include <tuple>
#include <utility>

#include "proto/check.h"
#include "proto/wire/task_headers.h"
#include "proto/wire/trace_context.h"
#include "worker/rules/session/shard_sessions.h"

namespace forkmill::worker {

RingChild& ChildRings::add(ChildKey key, pid_t pid, SharedArea shared_area) {
  children_.erase(key.slot);
  return children_
      .emplace(std::piecewise_construct, std::forward_as_tuple(key.slot),
               std::forward_as_tuple(key, pid, std::move(shared_area)))
      .first->second;
}

RingChild* ChildRings::find(ChildKey key) {
  const auto found = children_.find(key.slot);
  return found == children_.end() || found->second.key != key ? nullptr : &found->second;
}

bool ChildRings::revoke(ChildKey child, std::uint64_t serial) {
  RingChild* found = find(child);
  return found != nullptr && found->end.revoke(serial);
}

bool ChildRings::condemn(ChildKey child, std::uint64_t serial) {
  RingChild* found = find(child);
  return found != nullptr && found->end.condemn(serial);
}

void ChildRings::assign(const Assignment& assignment, const proto::GrantedTask& task) {
  RingChild* found = find(assignment.child);
  FORKMILL_CHECK(found != nullptr);
  const proto::TaskHeaders& headers = task.spec->options.headers;
  const auto lines =
      attempt_spans_ && !headers.empty()
          ? proto::header_lines(proto::with_attempt_as_parent(headers, task.id, without_shard(task.grant)))
          : proto::header_lines(headers);
  found->end.send(assignment.head, task.spec->queue, task.payload, lines);
}

void ChildRings::request_stop(const StopRequest& request) {
  if (RingChild* found = find(request.child)) found->end.request_stop(request.serial);
}

void ChildRings::flush() {
  for (auto& [slot, child] : children_) child.end.flush();
}

bool ChildRings::doze() {
  bool idle = true;
  for (auto& [slot, child] : children_) {
    if (!child.end.damaged()) idle = child.end.doze() && idle;
  }
  return idle;
}

void ChildRings::wake() {
  for (auto& [slot, child] : children_) child.end.wake();
}

}  // namespace forkmill::worker
