// SubmitOptions: how one task is queued, tried, limited and kept. Name only the options that differ from the defaults,
// in the order of their declaration, as C++ requires:
//
//     auto count = client.with({.queue = "text", .max_attempts = 2, .timeout = 30s}).submit(kCountWords, path);
//
// Durations have the resolution of a millisecond and range from 0 to 366 days; 0 means what the comment of the option
// says. Client::with() checks the options and throws Error{option_out_of_range} or Error{name_invalid}, which names the
// option. Plain values: copy freely.
//
// A task whose attempt has ended badly is tried again while max_attempts allows it:
//
//     the worker was lost              at once
//     the time limit has passed        after the backoff
//     the handler threw a Retry        after the delay that it names, else after the backoff
//     the handler threw another        with retry_errors: after the backoff; else not
//     it could not be called           never: unknown task, other signature, undecodable arguments
//     it was cancelled                 never
//     any of these, at_most_once       never
#pragma once

#include <forkmill/detail/span.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace forkmill {

// Backoff: the pause before another attempt. The pause after attempt n is base * 2^(n-1), at most cap, plus or minus a
// random share of itself of at most `jitter`. After a lost worker the task is tried again at once.
//
//     auto retried = client.with({.backoff = 200ms, .retry_errors = true});              // 0.2 s, 0.4 s, 0.8 s …
//     auto gentle = client.with({.backoff = {1s, 10min, 0.5}, .retry_errors = true});
struct Backoff {
  // Pause after the first attempt.
  std::chrono::milliseconds base{1000};
  // Longest pause, before jitter.
  std::chrono::milliseconds cap{std::chrono::minutes{1}};
  // Share of the pause by which it varies, 0 (none) to 1; sent in whole percents.
  double jitter = 0.2;

  // The defaults.
  constexpr Backoff() = default;
  // Exponential from `first` on, so that an option reads `.backoff = 200ms`. cap: a minute, or `first` if that is
  // longer.
  template <class Rep, class Period>
  constexpr Backoff(std::chrono::duration<Rep, Period> first)  // NOLINT(google-explicit-constructor)
      : base{detail::saturated<std::chrono::milliseconds>(first)},
        cap{std::max(base, std::chrono::milliseconds{std::chrono::minutes{1}})} {}
  // base, cap and jitter.
  constexpr Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, double share = 0.2)
      : base{first}, cap{most}, jitter{share} {}
};

// Safety of a task at the broker.
enum class Durability : std::uint8_t {
  by_queue = 0,  // as the queue is configured; durable unless the operator says otherwise
  memory = 1,    // acknowledged when queued; lost when the broker ends
  durable = 2,   // acknowledged when on disk; Rejected{option_out_of_range} by a broker that has none
};

struct SubmitOptions {
  // Name of the queue: 1 to 128 characters out of letters, digits and "._-:/". A queue is made by its first task. With
  // "@3" behind it, the queue is on shard 3 of the cluster; with "@*", it has a part on each shard, and tasks take
  // turns.
  std::string queue = "default";
  // Order in the queue: -100 to 100, higher first. Tasks of equal priority are shared fairly between clients, and those
  // of one client start in the order of their arrival.
  int priority = 0;

  // Earliest start: this long after the task's arrival at the broker, and not before this moment of the broker's clock
  // (1970 to 9999); the later of both counts. Zero: at once. When that clock is set, `not_before` follows it, and
  // `delay` does not.
  //
  //     client.with({.delay = 10min}).submit(kGreet, "later");
  //     client.with({.not_before = std::chrono::system_clock::now() + 24h}).submit(kGreet, "tomorrow");
  std::chrono::milliseconds delay{0};
  std::chrono::system_clock::time_point not_before{};

  // Attempts in all, 1 to 1,000, no matter how they end. Tried again are a lost worker, a time limit, forkmill::Retry,
  // and an exception of the handler with `retry_errors`.
  std::uint32_t max_attempts = 3;
  // Pause between attempts.
  Backoff backoff{};

  // Time limits of one attempt, from the start of the handler. At soft_timeout its stop token is set
  // (Context::stop_token); at timeout its process is ended by SIGTERM, then SIGKILL, and the future ends with
  // Timeout{timed_out} if no attempt is left. Zero: none. No option limits the time of all attempts together; `expires`
  // limits the start of the first one only.
  //
  // A task that ran over `timeout` is tried again, three attempts in all unless max_attempts says otherwise, and the
  // future ends after the last one. For a single attempt:
  //
  //     auto once = client.with({.max_attempts = 1, .timeout = 30s}).submit(kCountWords, path);
  std::chrono::milliseconds soft_timeout{0};
  std::chrono::milliseconds timeout{0};

  // Time from arrival at the broker within which the first attempt must have started; else the future ends with
  // Expired. Zero: no limit.
  std::chrono::milliseconds expires{0};
  // Safety of the task and its result at the broker.
  Durability durability = Durability::by_queue;

  // Idempotency key, 128 bytes at most. The same key again in the same queue, by any client of the same principal and
  // within the broker's window (an hour after the task's end, unless configured), is the same task and has the same
  // result; with another task or other arguments the future ends with Rejected{duplicate_task}. Empty: none.
  //
  //     auto order = client.with({.key = "order-17"}).submit(kGreet, "Ada");     // runs once, however often it is sent
  std::string key{};
  // Whether an exception of the handler is tried again.
  bool retry_errors = false;

  // Starts the task once and never again, for handlers that must not be repeated. A worker or broker that is lost while
  // the task runs ends it with WorkerLost, and it is not known how far it came. max_attempts and retry_errors have no
  // effect then.
  bool at_most_once = false;
  // Time for which the broker keeps the outcome for attach(). Zero: the broker's default, 10 minutes unless configured.
  // The broker keeps 100,000 outcomes that have been delivered, unless configured, and drops the oldest first.
  std::chrono::milliseconds result_ttl{0};
  // Whether the broker keeps the task with its arguments, as a dead letter, when it has failed for good. If not, the
  // task is forgotten as soon as this client has its error.
  bool dead_letter = true;
  // Name of this task for people, shown by `forkmill task ls` and `forkmill ps`, 128 bytes at most, without control
  // characters. Empty: none.
  std::string label{};
  // Headers: texts that travel with the task to its handler (Context::headers) and that the broker keeps with it, such
  // as `traceparent` and `tracestate` of W3C Trace Context, from which `forkmill web` exports spans. 16 at most, with
  // 2,048 bytes in all names and values. A name has lower-case letters, digits and "._-"; a value has no control
  // characters.
  //
  //     client.with({.headers = {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}});
  std::map<std::string, std::string> headers{};
};

// Checks the options.
// Throws Error{option_out_of_range} or Error{name_invalid}, which names the option. Client::with() calls it.
void validate(const SubmitOptions& options);

}  // namespace forkmill
