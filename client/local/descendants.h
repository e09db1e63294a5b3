// Ends a whole family of processes without any of them noticing that another one ended first.
#pragma once

namespace forkmill::local {

// Every descendant of this process, which must be a subreaper, and reaps those that become its children.
void end_descendants();

}  // namespace forkmill::local
