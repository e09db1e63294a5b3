// Shortage: a worker that has no process, memory or descriptor left for another task takes none for a while. Otherwise
// it would fail one task after the other, faster than any healthy worker finishes them. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "proto/clock.h"

namespace forkmill::worker {

class Shortage {
 public:
  // The first pause; each further one in a row is twice as long, up to kMax.
  static constexpr proto::Instant kFirst = std::chrono::milliseconds{500};
  static constexpr proto::Instant kMax = std::chrono::seconds{60};

  // An attempt could not be started. Shortages of attempts that began before the pause belong to it. Returns true if a
  // pause begins.
  bool note(proto::Instant now, std::string reason) {
    if (now < until_) return false;
    until_ = now + next_;
    is_awaited_ = true;
    next_ = std::min(2 * next_, kMax);
    reason_ = std::move(reason);
    return true;
  }
  // Call when an attempt could be started and has ended.
  void overcome(proto::Instant now) {
    if (now >= until_) next_ = kFirst;
  }

  void tick(proto::Instant now) { is_awaited_ = is_awaited_ && now < until_; }

  bool lasts(proto::Instant now) const { return now < until_; }
  // How long it will last. Zero: there is none.
  proto::Instant left(proto::Instant now) const { return std::max(until_ - now, proto::Instant{0}); }
  // Its end, until tick() has seen that.
  proto::Instant next_wakeup() const { return is_awaited_ ? until_ : proto::kNever; }
  const std::string& reason() const { return reason_; }

 private:
  proto::Instant until_{0};
  proto::Instant next_ = kFirst;
  bool is_awaited_ = false;
  std::string reason_;
};

}  // namespace forkmill::worker
