// Names of code addresses of this process, for error reports: functions of the program itself (also those that are
// local to a file, as long as it is not stripped), and exported functions of shared libraries.
//
// Thread-safe. Reads the program's own file once, when first asked; never throws but for lack of memory.
#pragma once

#include <cstdint>
#include <string>

namespace forkmill::worker {

// "ns::function(int) +0x1f (program)", or "0x55d0c0de (library.so)" for what has no name, cut to a readable length.
std::string describe_address(std::uintptr_t address);

}  // namespace forkmill::worker
