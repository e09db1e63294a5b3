// Names of code addresses of this process, for error reports: functions of the program itself, also those that are
// local to a file (unless the program is stripped), and exported functions of shared libraries.
//
// Thread-safe. Reads the program's own file once, at the first call. Throws std::bad_alloc only.
#pragma once

#include <cstdint>
#include <string>

namespace forkmill::worker {

// Returns "ns::function(int) +0x1f (program)", cut to a readable length, or "0x55d0c0de (library.so)" if the function
// has no name.
std::string describe_address(std::uintptr_t address);

}  // namespace forkmill::worker
