// Removal of folders whose contents other programs have made: of any depth, with any modes, with links to anywhere.
#pragma once

#include <string>

namespace forkmill::worker {

// Removes the folder and all that is in it; follows no symbolic link, and needs few descriptors and no deep stack.
// Stops at what it may not remove. True: the folder is gone.
bool remove_tree(const std::string& path);

}  // namespace forkmill::worker
