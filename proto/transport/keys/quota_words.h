// Quota words: the words for quotas in files of keys and in invitations.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "proto/transport/keys/principal.h"

namespace forkmill::proto {

struct QuotaWord {
  std::string_view name;
  std::uint64_t Quotas::*quota;
};
inline constexpr std::array kQuotaWords{
    QuotaWord{"max-queued", &Quotas::tasks}, QuotaWord{"max-queued-bytes", &Quotas::task_bytes},
    QuotaWord{"max-objects", &Quotas::objects}, QuotaWord{"max-object-bytes", &Quotas::object_bytes},
    QuotaWord{"max-result-bytes", &Quotas::result_bytes}};

}  // namespace forkmill::proto
