// SelfReport: facts of the broker's own process, which the owner of the core knows.
#pragma once

#include <cstdint>
#include <string>

#include "proto/wire/messages.h"

namespace forkmill::broker {

struct SelfReport {
  std::uint64_t rss_bytes = 0;
  proto::ProcessRow process;
  std::string host;
  std::uint64_t refused = 0;  // messages that were refused before the core saw them
};

}  // namespace forkmill::broker
