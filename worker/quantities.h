// Durations and sizes as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace forkmill::worker {

// "500ms", "30s", "2m", "1h"; a number alone is seconds. Throws std::invalid_argument that says what would be right.
std::chrono::milliseconds parse_duration(std::string_view text);
// "1048576", "512K", "512M", "2G", also with "B" or "iB" behind; powers of 1024. Throws as above.
std::uint64_t parse_size(std::string_view text);
// A whole number from `least` to `most`. Throws as above.
std::uint64_t parse_count(std::string_view text, std::uint64_t least, std::uint64_t most);

std::string to_text(std::chrono::milliseconds duration);

}  // namespace forkmill::worker
