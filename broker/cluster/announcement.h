// Announcement: the file of --announce.
#pragma once

#include <string>
#include <vector>

namespace forkmill::broker {

// Writes the endpoints into the file, one per line, as a whole. An empty path: does nothing. Throws std::runtime_error.
void announce(const std::string& path, const std::vector<std::string>& endpoints);

}  // namespace forkmill::broker
