// Body: what must be the same in two submissions of one task, as a hash (XXH3-64 of name, signature and arguments).
// Tells a repeated submission from another task that was given the same key. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill::proto {

std::uint64_t body_hash(std::string_view name, std::uint64_t signature, std::string_view payload);

}  // namespace forkmill::proto
