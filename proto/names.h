// What queue, task, worker and key names may look like. Names stand in commands, metrics and file names: nothing in
// them ever needs quoting.
#pragma once

#include <string_view>

namespace forkmill::proto {

// 1 to limits::kMaxName letters, digits and . _ - : /
bool is_name(std::string_view text);

}  // namespace forkmill::proto
