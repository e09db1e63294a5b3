// Ends a whole family of processes, none of which notices that another one has ended.
#pragma once

namespace forkmill::local {

// Kills every descendant of this process, and reaps all of them. The process must be a subreaper. Blocks until none is
// left.
void end_descendants();

}  // namespace forkmill::local
