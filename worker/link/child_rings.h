// ChildRings: the shared areas of all children that live, as the link has them. Used by the link's only thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_map>

#include "worker/ipc/link_end.h"
#include "worker/rules/effects.h"
#include "worker/rules/rings.h"

namespace forkmill::worker {

struct RingChild {
  RingChild(ChildKey its_key, pid_t its_pid, SharedArea shared_area)
      : key{its_key}, pid{its_pid}, end{std::move(shared_area)} {}

  ChildKey key;
  pid_t pid;
  LinkEnd end;
};

class ChildRings final : public Rings {
 public:
  using BySlot = std::unordered_map<std::uint32_t, RingChild>;

  // attempt_spans: WorkerOptions::attempt_spans.
  explicit ChildRings(bool attempt_spans) : attempt_spans_{attempt_spans} {}

  // The child that had the place before, if any, is forgotten.
  RingChild& add(ChildKey key, pid_t pid, SharedArea shared_area);
  void remove(ChildKey key) { children_.erase(key.slot); }
  // Null: that child is not here.
  RingChild* find(ChildKey key);
  BySlot& all() { return children_; }
  const BySlot& all() const { return children_; }

  bool revoke(ChildKey child, std::uint64_t serial) override;
  bool condemn(ChildKey child, std::uint64_t serial) override;

  // The child must be here. task: that of the attempt.
  void assign(const Assignment& assignment, const proto::GrantedTask& task);
  void request_stop(const StopRequest& request);
  // Makes what was put into the rings visible, and wakes the children that wait for it.
  void flush();

  // Call before the link sleeps. Returns true if it may, because the children will ring its bell; false if there is
  // input.
  bool doze();
  void wake();

 private:
  bool attempt_spans_;
  BySlot children_{};
};

}  // namespace forkmill::worker
