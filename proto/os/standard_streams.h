// Standard input, output and error of programs.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace forkmill::proto {

// Opens /dev/null in the place of each closed descriptor of 0, 1 and 2. Otherwise the next descriptor that the program
// opens, such as a socket or a database, would take the number, and output would be written into it. Call this first in
// a program, before any descriptor is opened. Does nothing where all three are open.
inline void open_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDWR) < 0) return;  // open() takes the lowest free number, which is `fd`
  }
}

}  // namespace forkmill::proto
