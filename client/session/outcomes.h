// Outcomes that a session itself gives to tasks.
#pragma once

#include <string>
#include <utility>

#include "proto/wire/messages.h"

namespace forkmill::client {

inline proto::Outcome rejection(Errc code, std::string text) {
  return proto::Outcome::ended(proto::OutcomeKind::rejected, code, std::move(text));
}

}  // namespace forkmill::client
