#include "client/web/otlp/retry_rules.h"

#include <algorithm>

namespace forkmill::web::otlp {

Fate fate_of(long status) {
  if (status >= 200 && status < 300) return Fate::delivered;
  const bool is_transient = status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
  return is_transient ? Fate::retry : Fate::rejected;
}

std::chrono::milliseconds RetryBackoff::next(std::chrono::seconds retry_after, std::uint64_t random) {
  const auto half = pause_ / 2;
  const auto spread = std::chrono::milliseconds{random % static_cast<std::uint64_t>(half.count() + 1)};
  const auto pause = half + spread;
  pause_ = std::min(pause_ * 2, kLongest);
  return std::max<std::chrono::milliseconds>(pause, std::clamp(retry_after, std::chrono::seconds{0}, kLongestAsked));
}

}  // namespace forkmill::web::otlp
