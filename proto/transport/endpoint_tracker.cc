#include "proto/transport/endpoint_tracker.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

namespace forkmill::proto {

namespace {

using namespace std::chrono_literals;

constexpr Instant kFirstPause = 250ms;  // between lookups; doubles each time
constexpr Instant kLongestPause = 4s;
constexpr Instant kLookupPatience = 5s;  // until the next lookup begins
constexpr Instant kConnectPatience = 5s;

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Drawn from the second half of the pause, so that peers that lost the same broker do not come back in step.
Instant pause_after(unsigned lookups, std::uint64_t random) {
  const auto whole = std::min(kLongestPause, kFirstPause * (1 << std::min(lookups, 8U)));
  return whole / 2 + Instant{static_cast<std::int64_t>(random % static_cast<std::uint64_t>(whole.count() / 2))};
}

}  // namespace

std::unique_ptr<EndpointTracker> EndpointTracker::to(std::string_view endpoint, LookUp look_up) {
  constexpr std::string_view kScheme = "tcp://";
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  const auto colon = endpoint.rfind(':');
  if (endpoint.substr(0, kScheme.size()) != kScheme || colon < kScheme.size()) return nullptr;
  const auto host = endpoint.substr(kScheme.size(), colon - kScheme.size());
  const auto port = endpoint.substr(colon + 1);
  if (!all_of(host, kName) || all_of(host, "0123456789.") || host == "localhost" || !all_of(port, kDigits))
    return nullptr;
  return std::make_unique<EndpointTracker>(std::string{host}, std::string{port}, std::move(look_up));
}

EndpointTracker::EndpointTracker(std::string host, std::string port, LookUp look_up)
    : resolver_{std::move(host), std::move(look_up)}, addresses_{std::move(port)} {
  const auto time = RealEnv::steady();
  ask(time);
  hop_at_ = time + kConnectPatience;
  arm(time);
}

// ---- The connection -------------------------------------------------------------------------------------------------

void EndpointTracker::connected() {
  searching_ = false;
  lookups_ = 0;
  failure_.note_success();
  alarm_.stop();
}

void EndpointTracker::lost() {
  if (std::exchange(searching_, true)) return;
  const auto time = RealEnv::steady();
  hop_at_ = time + kConnectPatience;
  ask(time);
  arm(time);
}

// After each address was refused once, ZeroMQ retries the last one until the next lookup: addresses take turns, but not
// as fast as they can refuse.
bool EndpointTracker::refused() { return searching_ && addresses_.count_refusal() && move_on(); }

bool EndpointTracker::move_on() {
  const auto time = RealEnv::steady();
  const bool changed = next_address(time);
  arm(time);
  return changed;
}

// ---- The search -----------------------------------------------------------------------------------------------------

bool EndpointTracker::due() {
  return resolver_.answered() || (searching_ && RealEnv::steady() >= std::min(look_at_, hop_at_));
}

bool EndpointTracker::attend() {
  const auto time = RealEnv::steady();
  bool changed = false;
  if (auto found = resolver_.answer(); found && searching_) changed = take(std::move(*found), time);
  if (!searching_) return false;
  if (time >= look_at_) {
    if (asking_) failure_.note("no name server answers");
    ask(time);
  }
  if (time >= hop_at_) changed = next_address(time) || changed;
  arm(time);
  return changed;
}

void EndpointTracker::ask(Instant now) {
  resolver_.ask();
  asking_ = true;
  look_at_ = now + kLookupPatience;
}

bool EndpointTracker::take(Addresses found, Instant now) {
  asking_ = false;
  look_at_ = now + pause_after(lookups_++, env_.random());
  if (found.numeric.empty()) {
    failure_.note(std::move(found.error));
    return false;
  }
  if (!addresses_.replace(std::move(found.numeric))) return false;
  hop_at_ = now + kConnectPatience;
  return true;
}

bool EndpointTracker::next_address(Instant now) {
  hop_at_ = now + kConnectPatience;
  return addresses_.move_on();
}

void EndpointTracker::arm(Instant now) { alarm_.set(std::min(look_at_, hop_at_) - now); }

std::optional<std::string> EndpointTracker::take_failure() {
  const auto failure = failure_.take();
  if (!failure) return std::nullopt;
  return "the name " + resolver_.host() + " cannot be looked up: " + *failure;
}

}  // namespace forkmill::proto
