// The echo task of the benchmarks, as messages have it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "proto/random.h"
#include "proto/wire/messages.h"

namespace forkmill::cost {

inline constexpr std::size_t kPayloadBytes = 64;
inline const std::string kQueue = "default";
inline const std::string kName = "bench.echo";
inline const std::string kWorker = "bench-host-4711";

// Spread as random ids are.
inline TaskId task_id(std::uint64_t number) {
  return TaskId::make(1'700'000'000'000, proto::mix64(2 * number + 1), proto::mix64(2 * number + 2));
}
inline proto::Grant grant(std::uint64_t number) { return {proto::Epoch{1}, proto::TaskSeq{number}, proto::Attempt{1}}; }
// Its own bytes for each number.
inline proto::Payload payload(std::uint64_t number) {
  std::string bytes(kPayloadBytes, 'x');
  bytes[0] = static_cast<char>(number);
  return proto::Payload::copy(bytes);
}

// As programs and the codec do, tasks that are alike share their spec.
inline constexpr std::uint64_t kSignature = 0x1122334455667788;
inline proto::SharedSpec spec(proto::TaskOptions options, std::uint64_t signature = kSignature) {
  static proto::SharedSpec last = proto::blank_spec();
  const proto::TaskSpec wanted{kQueue, kName, signature, std::move(options)};
  if (*last != wanted) last = std::make_shared<const proto::TaskSpec>(wanted);
  return last;
}

inline proto::Submission submission(std::uint64_t number, proto::Durability durability,
                                    std::uint64_t signature = kSignature) {
  proto::TaskOptions options;
  options.durability = durability;
  return {task_id(number), spec(std::move(options), signature), payload(number)};
}
inline proto::Outcome outcome(std::uint64_t number) {
  return {proto::OutcomeKind::succeeded, proto::Attempt{1}, kWorker, payload(number), {}};
}
inline proto::GrantedTask granted(std::uint64_t number) {
  proto::GrantedTask task;
  task.grant = grant(number);
  task.id = task_id(number);
  task.spec = spec({});
  task.payload = payload(number);
  return task;
}
inline proto::OutcomeRecord outcome_record(std::uint64_t number) {
  return {grant(number), outcome(number), proto::milliseconds{-1}, 1};
}

}  // namespace forkmill::cost
