// SubmitOptions: how one task is to be queued, tried, limited and kept. Name only what differs from the defaults:
//
//     client.with({.queue = "text", .max_attempts = 2, .timeout = 30s}).submit(kCountWords, path)
//
// Durations are std::chrono durations with the resolution of a millisecond; zero means what the comment says. A value
// out of its range is an Error with Errc::option_out_of_range that names the option, thrown by Client::with().
#pragma once

#include <forkmill/detail/span.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace forkmill {

// The pause before attempt n + 1: base × 2^(n−1), at most cap, give or take up to `jitter` of itself.
struct Backoff {
  std::chrono::milliseconds base{1000};
  std::chrono::milliseconds cap{std::chrono::minutes{1}};
  double jitter = 0.2;  // 0 (none) to 1

  constexpr Backoff() = default;
  // `.backoff = 200ms` is exponential from there.
  template <class Rep, class Period>
  constexpr Backoff(std::chrono::duration<Rep, Period> first)  // NOLINT(google-explicit-constructor)
      : base{detail::saturated<std::chrono::milliseconds>(first)},
        cap{std::max(base, std::chrono::milliseconds{std::chrono::minutes{1}})} {}
  constexpr Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, double share = 0.2)
      : base{first}, cap{most}, jitter{share} {}
};

enum class Durability : std::uint8_t {
  by_queue = 0,  // as the queue is configured
  memory = 1,    // accepted when queued
  durable = 2,   // accepted when on disk
};

struct SubmitOptions {
  std::string queue = "default";  // 1 to 128 characters out of letters, digits and "._-:/"
  int priority = 0;               // −100 to 100, higher first; equal ones in the order of arrival

  // Not started before this much time has passed at the broker, or before this moment of its clock; the later of both
  // counts. Zero: at once.
  std::chrono::milliseconds delay{0};
  std::chrono::system_clock::time_point not_before{};

  // Attempts in all, 1 to 1,000. A lost worker is always tried again, an error thrown by the handler only with
  // `retry_errors` (or when the handler asks for it).
  std::uint32_t max_attempts = 3;
  Backoff backoff{};

  // Limits for one attempt, from its start: at `soft_timeout` the handler's stop_token fires, at `timeout` its process
  // is ended (SIGTERM, then SIGKILL). Zero: none.
  std::chrono::milliseconds soft_timeout{0};
  std::chrono::milliseconds timeout{0};

  std::chrono::milliseconds expires{0};  // not started within this time after submission: Expired. Zero: never
  Durability durability = Durability::by_queue;

  // Not empty (128 bytes at most): the same key again in the same queue, by any client and within the broker's window,
  // is the same task and has the same result; with another task or other arguments it is Rejected{duplicate_task}.
  std::string key{};
  bool retry_errors = false;

  // Started once and never again, whatever happens: a worker or a broker that is lost while it runs ends it with
  // WorkerLost, and nobody knows how far it came. `max_attempts` and `retry_errors` say nothing then.
  bool at_most_once = false;
  std::chrono::milliseconds result_ttl{0};  // how long the broker keeps the outcome. Zero: its default
};

// Throws Error{option_out_of_range} or Error{name_invalid}. Client::with() and Client::submit() call it.
void validate(const SubmitOptions& options);

}  // namespace forkmill
