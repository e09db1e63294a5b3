// The log of one attempt, as the API answers it: all that is kept behind a position, from as many pages of the broker
// as that takes.
#pragma once

#include <forkmill/query.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>

namespace forkmill::web {

// Asks the broker one question. Throws Failure or forkmill::Error.
using AskBroker = std::function<nlohmann::ordered_json(const Query& query)>;

// query: kind logs; attempt 0: the last one. most: bytes of texts, about. The answer ends at `next`, which is less than
// `bytes` if there is more. Throws what `ask` does.
nlohmann::ordered_json read_log(const AskBroker& ask, Query query, std::uint64_t most = 1024 * 1024);

}  // namespace forkmill::web
