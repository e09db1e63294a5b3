// What stderr and stdout are connected to.
#pragma once

namespace forkmill::cli {

struct Terminal {
  bool err = false;     // stderr is one that can draw over a line
  bool out = false;     // stdout is one
  bool colour = false;  // and colours are wanted (NO_COLOR is not set)
  unsigned width = 80;  // of stderr's, now
};

Terminal terminal();

}  // namespace forkmill::cli
