// Words in one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::cli {

// Returns the words as they are, with `separator` between.
std::string joined(const std::vector<std::string>& words, std::string_view separator);

}  // namespace forkmill::cli
