// Names of queues, tasks and objects. They appear in commands, metrics and file names, so no character needs quoting.
#pragma once

#include <string_view>

namespace forkmill::proto {

// Returns whether `text` has 1 to limits::kMaxName characters, all letters, digits or . _ - : /
bool is_name(std::string_view text);

}  // namespace forkmill::proto
