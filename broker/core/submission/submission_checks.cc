#include "broker/core/submission/submission_checks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/core/submission/task_durability.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/mutants.h"
#include "proto/names.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;
using proto::Status;

namespace {

// The end of the year 9999, which clocks of microseconds can still count.
constexpr milliseconds kLastNotBefore{253'402'300'799'999};

Status out_of_range(const std::string& text) { return {Errc::option_out_of_range, text}; }

Status check_duration(const char* option, milliseconds value) {
  if (value.count() >= 0 && value <= proto::limits::kMaxDuration) return {};
  return out_of_range(std::string{option} + " is " + std::to_string(value.count()) + " ms: must be 0 to 366 days");
}

Status check_options(const proto::TaskOptions& options) {
  using namespace proto::limits;
  if (options.priority < kMinPriority || options.priority > kMaxPriority) {
    return out_of_range("priority is " + std::to_string(options.priority) + ": must be -100 to 100");
  }
  if (options.max_attempts < 1 || options.max_attempts > kMaxAttempts) {
    return out_of_range("max_attempts is " + std::to_string(options.max_attempts) + ": must be 1 to 1000");
  }
  if (options.backoff.jitter_percent > 100) return out_of_range("backoff jitter must be 0 to 100 percent");
  if (options.not_before.count() < 0 || options.not_before > kLastNotBefore)
    return out_of_range("not_before must not be before 1970 or after the year 9999");
  if (options.label.size() > kMaxName) {
    return out_of_range("label has " + std::to_string(options.label.size()) + " bytes: at most 128");
  }
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 127; };
  if (std::any_of(options.label.begin(), options.label.end(), is_control)) {
    return {Errc::name_invalid, "a label must not have control characters"};
  }
  if (auto status = proto::check_headers(options.headers); !status.ok()) return status;
  for (const auto& [name, value] : {std::pair{"delay", options.delay},
                                    {"soft_timeout", options.soft_timeout},
                                    {"timeout", options.timeout},
                                    {"expires", options.expires},
                                    {"result_ttl", options.result_ttl},
                                    {"backoff", options.backoff.initial},
                                    {"longest backoff", options.backoff.most}}) {
    if (auto status = check_duration(name, value); !status.ok()) return status;
  }
  return {};
}

}  // namespace

Status SubmissionChecks::check(const proto::Submission& submission, bool spec_is_known) const {
  if (closed_) return {Errc::shutting_down, std::string{errc_text(Errc::shutting_down)}};
  if (submission.id.is_nil()) return {Errc::bad_request, "the task id is nil"};
  if (submission.payload.size() > state_.options.max_payload) {
    return {Errc::payload_too_large, "the arguments are " + std::to_string(submission.payload.size()) +
                                         " bytes; this broker accepts at most " +
                                         std::to_string(state_.options.max_payload)};
  }
  if (state_.shortage.memory && !mutant(Mutant::memory_limit_ignored))
    return {Errc::memory_full, std::string{errc_text(Errc::memory_full)}};
  if (state_.shortage.disk && is_stored(state_, submission.spec->options, submission.spec->queue)) {
    return {Errc::disk_full, "the broker's disk is nearly full: it accepts no durable task until there is room"};
  }
  return spec_is_known ? Status{} : check_spec(*submission.spec);
}

// A client that keeps to its window never fills it here: its own count goes down later. One task may be larger.
Status SubmissionChecks::check_windows(Client& client) {
  client.unsafe.settle(state_.output.safe);
  state_.output.unsafe.settle(state_.output.safe);
  const CoreOptions& options = state_.options;
  if (client.unsafe.tasks() >= 2 * std::size_t{options.window.tasks} ||
      client.unsafe.bytes() >= options.window.bytes + options.max_payload)
    return {Errc::queue_full, "the client has submitted more than its window before it was acknowledged"};
  if (state_.output.unsafe.bytes() >= options.total.unsafe)
    return {Errc::queue_full, "clients submit faster than the broker's disk can store"};
  return {};
}

Status SubmissionChecks::check_spec(const TaskSpec& spec) const {
  if (!proto::is_name(spec.queue)) return {Errc::name_invalid, "queue name '" + spec.queue + "'"};
  if (!proto::is_name(spec.name)) return {Errc::name_invalid, "task name '" + spec.name + "'"};
  if (spec.options.durability == proto::Durability::durable && !state_.identity.durable) {
    return {Errc::option_out_of_range, "durability is durable, but this broker keeps tasks in memory only"};
  }
  if (spec.options.durability == proto::Durability::durable && spec.options.daemon) {
    return {Errc::option_out_of_range, "durability is durable, but a daemon ends with its submitter"};
  }
  if (spec.options.process && spec.queue.size() + kProcessSuffix.size() > proto::limits::kMaxName) {
    return {Errc::name_invalid, "queue name '" + spec.queue + "' is too long for processes"};
  }
  if (registry_.ask(spec.name, spec.signature) == Registry::Answer::other_signature) {
    // Workers of other queues say nothing about the task: their principals may have no right to this queue.
    const Queue* queue = state_.queues.find(spec.queue);
    if (queue != nullptr && queue->offers.has_name(spec.name))
      return {Errc::signature_mismatch, "the workers have " + spec.name + " as " + queue->offers.signatures(spec.name)};
  }
  return check_options(spec.options);
}

}  // namespace forkmill::broker
