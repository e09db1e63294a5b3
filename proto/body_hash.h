// Body hash: XXH3-64 of name, signature and arguments, which are the same in all submissions of one task. It tells a
// repeated submission from another task under the same key. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill::proto {

std::uint64_t body_hash(std::string_view name, std::uint64_t signature, std::string_view payload);

}  // namespace forkmill::proto
