#include "client/cli/map/stop_requests.h"

#include <signal.h>

namespace forkmill::cli {

std::optional<StopRequests::Phase> StopRequests::add(int signal, Clock::time_point now) {
  if (phase_ == Phase::exiting || (signal_ != 0 && now - last_ < kSameSignal)) return std::nullopt;
  last_ = now;
  if (signal_ == 0) signal_ = signal;
  if (phase_ == Phase::cancelling)
    phase_ = Phase::exiting;
  else if ((signal == SIGTERM || signal == SIGHUP) && phase_ == Phase::running)
    phase_ = Phase::finishing;
  else
    phase_ = Phase::cancelling;
  return phase_;
}

}  // namespace forkmill::cli
