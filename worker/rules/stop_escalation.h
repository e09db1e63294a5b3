// StopEscalation: how a running attempt is brought to its end, step by step: its stop token is set, then its process
// group gets SIGTERM, then SIGKILL. Before SIGTERM the child is condemned, so that the signal meets this attempt or
// nothing (ipc/shared_area.h). Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "proto/clock.h"

namespace forkmill::worker {

enum class EndReason { none, time_limit, cancelled, shutdown, abandoned };

class StopEscalation {
 public:
  // Steps that are due, to be taken in this order.
  struct Steps {
    bool stop = false;       // set the stop token
    bool terminate = false;  // send SIGTERM
    bool kill = false;       // send SIGKILL
  };

  // Call when the attempt begins to run: its limits count from `now`. Zero: no limit.
  void begin(proto::Instant now, proto::Instant soft, proto::Instant hard) {
    if (reason_ != EndReason::none) return;
    soft_at_ = soft.count() == 0 ? proto::kNever : now + soft;
    hard_at_ = hard.count() == 0 ? proto::kNever : now + hard;
  }

  // Ends the attempt: its stop token is set now, SIGTERM follows after `grace`. The first reason counts, except
  // that `abandoned` replaces any other: the broker does not want an outcome any more.
  void request(EndReason reason, proto::Instant now, proto::Instant grace) {
    if (reason_ != EndReason::none) {
      if (reason == EndReason::abandoned) reason_ = reason;
      return;
    }
    reason_ = reason;
    soft_at_ = now;
    term_at_ = now + grace;
  }

  // Returns the steps that are due. `grace` is the time from SIGTERM to SIGKILL. `condemn` is called when SIGTERM is
  // due; if it returns false, because the attempt does not run at this moment, it is called again a little later.
  template <class Condemn>
  Steps tick(proto::Instant now, proto::Instant grace, Condemn&& condemn) {
    Steps steps;
    if (now >= hard_at_) request(EndReason::time_limit, now, proto::Instant{0});
    if (now >= soft_at_) {
      soft_at_ = proto::kNever;
      steps.stop = !stop_requested_;
      stop_requested_ = true;
    }
    if (now >= term_at_) {
      steps.terminate = condemned_ = condemn();
      term_at_ = condemned_ ? proto::kNever : now + kRetry;
      if (condemned_) kill_at_ = now + grace;
    }
    if (now >= kill_at_) {
      steps.kill = true;
      kill_at_ = now + kRepeat;
    }
    return steps;
  }

  proto::Instant next_wakeup() const {
    const auto hard = reason_ == EndReason::none ? hard_at_ : proto::kNever;
    return std::min(std::min(soft_at_, hard), std::min(term_at_, kill_at_));
  }
  EndReason reason() const { return reason_; }
  bool abandoned() const { return reason_ == EndReason::abandoned; }
  bool condemned() const { return condemned_; }

 private:
  static constexpr proto::Instant kRetry = std::chrono::milliseconds{1};  // the attempt is about to start, or is over
  static constexpr proto::Instant kRepeat = std::chrono::seconds{1};      // SIGKILL is repeated

  proto::Instant soft_at_ = proto::kNever;
  proto::Instant hard_at_ = proto::kNever;
  proto::Instant term_at_ = proto::kNever;
  proto::Instant kill_at_ = proto::kNever;
  EndReason reason_ = EndReason::none;
  bool stop_requested_ = false;
  bool condemned_ = false;
};

}  // namespace forkmill::worker
