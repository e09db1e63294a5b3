// Outcomes that a session itself gives to tasks.
#pragma once

#include <string>
#include <utility>

#include "proto/wire/messages.h"

namespace forkmill::client {

inline proto::Outcome ended(proto::OutcomeKind kind, Errc code, std::string text) {
  proto::Outcome outcome;
  outcome.kind = kind;
  outcome.error.emplace();
  outcome.error->code = code;
  outcome.error->message = std::move(text);
  return outcome;
}

inline proto::Outcome rejection(Errc code, std::string text) {
  return ended(proto::OutcomeKind::rejected, code, std::move(text));
}

}  // namespace forkmill::client
