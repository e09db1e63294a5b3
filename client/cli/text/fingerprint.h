// Fingerprints of errors: errors that differ only in numbers and ids are of one kind. Pure.
#pragma once

#include <string>
#include <string_view>

namespace forkmill::cli {

// Returns the first line of an error's text with "<id>" for ids (UUIDs, and words of 8 hexadecimal digits or more) and
// "<n>" for numbers. At most kMaxPattern bytes.
inline constexpr std::size_t kMaxPattern = 200;
std::string pattern_of(std::string_view text);

// Returns 16 hexadecimal digits that are the same for the same task name, type or code, and pattern.
std::string fingerprint(std::string_view name, std::string_view type, std::string_view pattern);

}  // namespace forkmill::cli
