// Clock: the time of the call that the core is handling, and times as they are written down.
#pragma once

#include <algorithm>
#include <chrono>

#include "proto/clock.h"
#include "proto/mutants.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

using proto::Instant;
using proto::milliseconds;

class Clock {
 public:
  explicit Clock(proto::Now start) : start_{start}, now_{start}, offset_{offset()} {}

  void set(proto::Now now) { now_ = now; }
  // The steady clock, which never jumps.
  Instant now() const { return now_.steady; }
  // The wall clock, which may jump: for times that peers gave in its terms.
  milliseconds unix_time() const { return now_.unix_time; }
  // True once after the wall clock was set: times on the steady clock that were computed from it are wrong.
  bool pop_step() {
    constexpr milliseconds kGrain{100};  // the two clocks are not read at the same moment
    if (std::chrono::abs(offset() - offset_) < kGrain || proto::mutant(proto::Mutant::clock_step_ignored)) return false;
    offset_ = offset();
    return true;
  }
  // The start of the broker on the steady clock.
  Instant start() const { return start_.steady; }

  // Unix time as it is stored: it goes on steadily from the start of this broker, even if the wall clock is set.
  milliseconds stamp(Instant at) const {
    return start_.unix_time + std::chrono::duration_cast<milliseconds>(at - start_.steady);
  }
  milliseconds stamp() const { return stamp(now_.steady); }
  // The inverse of stamp().
  Instant instant(milliseconds stamped) const { return start_.steady + Instant{stamped - start_.unix_time}; }

  // Returns when a task that arrived at `arrived` may start. The wall clock counts only for `not_before`; when it is
  // set, the answer changes.
  Instant first_due(const proto::TaskOptions& task, Instant arrived) const {
    const Instant due = arrived + task.delay;
    if (task.not_before <= unix_time()) return due;
    return std::max(due, now() + Instant{task.not_before - unix_time()});
  }

  // Time by which the silence of peers is measured: never the wall clock.
  Instant silence_clock() const {
    return proto::mutant(proto::Mutant::expiry_by_wall_clock) ? Instant{now_.unix_time} : now_.steady;
  }

 private:
  milliseconds offset() const { return now_.unix_time - std::chrono::duration_cast<milliseconds>(now_.steady); }

  proto::Now start_;
  proto::Now now_;
  milliseconds offset_;  // wall clock minus steady clock, as pop_step() saw it last
};

}  // namespace forkmill::broker
