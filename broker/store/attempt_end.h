// AttemptEnd: how one attempt of a task ended, for operators.
#pragma once

#include <forkmill/errc.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "proto/text.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

struct AttemptEnd {
  static constexpr std::size_t kMaxMessage = 256;

  proto::Attempt attempt;
  proto::OutcomeKind kind = proto::OutcomeKind::failed;
  Errc code = Errc::ok;
  std::string worker;
  std::string message;  // the beginning of it
  proto::milliseconds at{0};
  std::uint64_t run_us = 0;  // 0: the attempt did not start, or how long it ran is not known
  friend bool operator==(const AttemptEnd&, const AttemptEnd&) = default;

  AttemptEnd() = default;
  AttemptEnd(const proto::Outcome& outcome, proto::milliseconds ended)
      : attempt{outcome.attempt}, kind{outcome.kind}, worker{outcome.worker.str()}, at{ended}, run_us{outcome.run_us} {
    if (!outcome.error) return;
    code = outcome.error->code;
    const std::string& type = outcome.error->type;
    message = proto::first_bytes((type.empty() ? "" : type + ": ") + outcome.error->message, kMaxMessage);
  }
  // Returns when the attempt started, in unix time. 0: it did not start, or that is not known.
  proto::milliseconds started_at() const { return proto::started_at(at, run_us); }
};

}  // namespace forkmill::broker
