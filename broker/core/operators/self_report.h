// SelfReport: facts of the broker's own process, which the owner of the core knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/store/history_meter.h"
#include "broker/store/store_meter.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

struct SelfReport {
  std::uint64_t rss_bytes = 0;
  std::uint64_t memory_limit = 0;  // maximum of rss_bytes; 0: not known
  proto::ProcessRow process;
  std::string host;
  std::uint64_t refused = 0;              // messages that were refused before the core saw them
  std::optional<StoreMeter> store{};      // none: there is no store
  std::optional<HistoryMeter> history{};  // none: there is no history
};

}  // namespace forkmill::broker
