// Ending: how an attempt that runs is brought to its end, step by step: its stop token is set, then its process group
// gets SIGTERM, then SIGKILL. Each step names one attempt; the child's shared area makes sure that a signal meets that
// attempt or none (shared area.h). Pure.
#pragma once

#include <algorithm>
#include <csignal>

#include "proto/clock.h"

namespace forkmill::worker {

enum class EndReason { none, time_limit, cancelled, shutdown, abandoned };

// What an Ending asks for; answered for the attempt that it belongs to.
class EndingHands {
 public:
  virtual ~EndingHands() = default;
  virtual void request_stop() = 0;
  virtual bool condemn() = 0;  // false: it does not run now
  virtual void kill(int signal) = 0;
};

class Ending {
 public:
  // The attempt begins: its limits count from here. Zero: no limit.
  void begin(proto::Instant now, proto::Instant soft, proto::Instant hard) {
    if (reason_ != EndReason::none) return;
    soft_at_ = soft.count() == 0 ? proto::kNever : now + soft;
    hard_at_ = hard.count() == 0 ? proto::kNever : now + hard;
  }

  // From now on it is to end. The first reason counts, but for abandoned: then nobody wants to hear of it any more.
  void end(EndReason reason, proto::Instant now, proto::Instant grace) {
    if (reason_ != EndReason::none) {
      if (reason == EndReason::abandoned) reason_ = reason;
      return;
    }
    reason_ = reason;
    soft_at_ = now;
    term_at_ = now + grace;
  }

  // Does what is due.
  void tick(proto::Instant now, proto::Instant grace, EndingHands& hands) {
    if (now >= hard_at_) end(EndReason::time_limit, now, proto::Instant{0});
    if (now >= soft_at_) {
      soft_at_ = proto::kNever;
      if (!asked_) hands.request_stop();
      asked_ = true;
    }
    if (now >= term_at_) {
      condemned_ = hands.condemn();
      term_at_ = condemned_ ? proto::kNever : now + kRetry;
      if (condemned_) {
        hands.kill(SIGTERM);
        kill_at_ = now + grace;
      }
    }
    if (now >= kill_at_) {
      hands.kill(SIGKILL);
      kill_at_ = now + kRepeat;
    }
  }

  proto::Instant next() const {
    const auto hard = reason_ == EndReason::none ? hard_at_ : proto::kNever;
    return std::min(std::min(soft_at_, hard), std::min(term_at_, kill_at_));
  }
  EndReason reason() const { return reason_; }
  bool condemned() const { return condemned_; }

 private:
  static constexpr proto::Instant kRetry = std::chrono::milliseconds{1};  // it is just being taken up, or just done
  static constexpr proto::Instant kRepeat = std::chrono::seconds{1};

  proto::Instant soft_at_ = proto::kNever;
  proto::Instant hard_at_ = proto::kNever;
  proto::Instant term_at_ = proto::kNever;
  proto::Instant kill_at_ = proto::kNever;
  EndReason reason_ = EndReason::none;
  bool asked_ = false;
  bool condemned_ = false;
};

}  // namespace forkmill::worker
