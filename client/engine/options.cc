#include "client/engine/options.h"

#include <errno.h>
#include <forkmill/default_client.h>
#include <forkmill/errors.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "proto/limits.h"
#include "proto/session/shards.h"
#include "proto/text.h"
#include "proto/transport/default_endpoint.h"
#include "proto/wire/task_headers.h"

namespace forkmill {

namespace {

namespace limits = proto::limits;

void check_range(const char* option, std::chrono::milliseconds value) {
  if (value.count() >= 0 && value <= limits::kMaxDuration) return;
  throw Error{Errc::option_out_of_range, std::string{option} + " is " + std::to_string(value.count()) +
                                             " ms; it must be from 0 to " +
                                             std::to_string(limits::kMaxDuration.count()) + " ms (366 days)"};
}

void check_range(const char* option, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return;
  throw Error{Errc::option_out_of_range, std::string{option} + " is " + std::to_string(value) + "; it must be from " +
                                             std::to_string(least) + " to " + std::to_string(most)};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

proto::TaskHeaders headers_of(const SubmitOptions& options) {
  proto::TaskHeaders headers;
  for (const auto& [name, value] : options.headers) headers.push_back({name, value});
  return headers;
}

}  // namespace

void validate(const SubmitOptions& options) {
  if (const auto place = proto::QueuePlace::parse(options.queue); !place.ok())
    throw Error{place.code(), place.failure().text};
  if (options.key.size() > limits::kMaxName)
    throw Error{Errc::option_out_of_range, "key has " + std::to_string(options.key.size()) + " bytes; at most " +
                                               std::to_string(limits::kMaxName) + " are allowed"};
  if (options.label.size() > limits::kMaxName)
    throw Error{Errc::option_out_of_range, "label has " + std::to_string(options.label.size()) + " bytes; at most " +
                                               std::to_string(limits::kMaxName) + " are allowed"};
  if (std::any_of(options.label.begin(), options.label.end(), is_control))
    throw Error{Errc::name_invalid, "a label must not have control characters"};
  if (const auto status = proto::check_headers(headers_of(options)); !status.ok())
    throw Error{status.code(), status.failure().text};
  check_range("priority", options.priority, limits::kMinPriority, limits::kMaxPriority);
  check_range("max_attempts", options.max_attempts, 1, limits::kMaxAttempts);
  check_range("durability", static_cast<std::int64_t>(options.durability), 0, 2);
  check_range("delay", options.delay);
  check_range("backoff", options.backoff.base);
  check_range("backoff.cap", options.backoff.cap);
  check_range("soft_timeout", options.soft_timeout);
  check_range("timeout", options.timeout);
  check_range("expires", options.expires);
  check_range("result_ttl", options.result_ttl);
  if (!(options.backoff.jitter >= 0.0 && options.backoff.jitter <= 1.0))
    throw Error{Errc::option_out_of_range, "backoff.jitter must be from 0 to 1"};
  if (options.not_before.time_since_epoch().count() < 0)
    throw Error{Errc::option_out_of_range, "not_before lies before 1970"};
}

}  // namespace forkmill

namespace forkmill::client {

Prepared prepare(const SubmitOptions& options) {
  validate(options);
  proto::TaskOptions task;
  task.priority = static_cast<std::int8_t>(options.priority);
  task.delay = options.delay;
  task.not_before = std::chrono::ceil<std::chrono::milliseconds>(options.not_before.time_since_epoch());
  task.max_attempts = options.max_attempts;
  task.backoff.initial = options.backoff.base;
  task.backoff.most = options.backoff.cap;
  task.backoff.jitter_percent = static_cast<std::uint8_t>(std::lround(options.backoff.jitter * 100));
  task.soft_timeout = options.soft_timeout;
  task.timeout = options.timeout;
  task.expires = options.expires;
  task.durability = static_cast<proto::Durability>(options.durability);
  task.retry_errors = options.retry_errors;
  task.at_most_once = options.at_most_once;
  task.result_ttl = options.result_ttl;
  task.dead_letter = options.dead_letter;
  task.key = options.key;
  task.label = options.label;
  task.headers = headers_of(options);
  auto place = proto::QueuePlace::parse(options.queue).value();
  return {std::move(place.name), {static_cast<std::uint8_t>(place.shard), place.is_everywhere}, std::move(task)};
}

namespace {

// Sets an empty option from the environment.
void fill_in(std::string& option, const char* variable) {
  const char* value = std::getenv(variable);
  if (option.empty() && value != nullptr) option = value;
}

}  // namespace

ClientOptions completed(ClientOptions options) {
  fill_in(options.endpoint, "FORKMILL_BROKER");
  fill_in(options.server_public_key, "FORKMILL_SERVER_PUBLIC_KEY");
  fill_in(options.key, "FORKMILL_KEY");
  fill_in(options.seal_keys, "FORKMILL_SEAL_KEYS");
  if (options.endpoint.empty()) options.endpoint = proto::default_endpoint();
  if (options.endpoint == "local://") options.endpoint = detail::local_endpoint();
  if (options.name.empty()) options.name = program_invocation_short_name;
  options.name.resize(proto::first_bytes(options.name, proto::limits::kMaxName).size());
  // Clamped to a year, so that a sum with the clock cannot overflow.
  for (auto* span : {&options.connect_timeout, &options.submit_timeout})
    *span = std::clamp(*span, std::chrono::milliseconds{0},
                       std::chrono::ceil<std::chrono::milliseconds>(proto::limits::kMaxDuration));
  options.stay_awake = std::clamp(options.stay_awake, std::chrono::microseconds{0}, std::chrono::microseconds{10'000});
  auto must_be_positive = [](const char* option, std::size_t value) {
    if (value == 0) throw Error{Errc::option_out_of_range, std::string{option} + " is 0; it must be at least 1"};
  };
  must_be_positive("max_outstanding", options.max_outstanding);
  must_be_positive("max_unsent", options.max_unsent);
  must_be_positive("max_unsent_bytes", options.max_unsent_bytes);
  return options;
}

}  // namespace forkmill::client
