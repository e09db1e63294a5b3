// The report of all processes of this worker, which the broker shows to operators: when it is due, and what is in it.
#pragma once

#include <algorithm>
#include <chrono>

#include "proto/clock.h"
#include "proto/wire/messages.h"
#include "worker/link/child_rings.h"
#include "worker/link/link.h"
#include "worker/rules/foreman.h"

namespace forkmill::worker {

class ReportTimer {
 public:
  // The broker wants a report in every heartbeat interval of the new session.
  void begin_session(proto::Instant now, proto::Instant heartbeat) {
    interval_ = std::max(heartbeat, kPause);
    due_at_ = now;
  }
  // Call when a process was born or has died.
  void hasten(proto::Instant now) { due_at_ = std::min(due_at_, now + kPause); }
  // Returns whether a report is to be made now.
  bool pop_due(proto::Instant now) {
    if (now < due_at_) return false;
    due_at_ = now + interval_;
    return true;
  }
  proto::Instant next_wakeup() const { return due_at_; }

 private:
  static constexpr proto::Instant kPause = std::chrono::milliseconds{100};  // between two reports, at least

  proto::Instant interval_ = std::chrono::seconds{2};
  proto::Instant due_at_ = proto::kNever;
};

// Reads what the kernel says of each process.
proto::Report report_processes(const LinkSetup& setup, proto::Now now, const ChildRings& rings, const Foreman& foreman);

// Returns for how many children beyond those of the report the control groups of this worker have memory, as far as the
// largest child tells what one needs.
MemoryRoom room_for_children(const proto::Report& report);

}  // namespace forkmill::worker
