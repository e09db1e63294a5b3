// The terminals that stderr and stdout are connected to.
#pragma once

namespace forkmill::cli {

struct Terminal {
  bool err = false;     // stderr is a terminal that can overwrite a line
  bool out = false;     // stdout is a terminal
  bool colour = false;  // `err` is true, and NO_COLOR is not set
  unsigned width = 80;  // the columns of the terminal of stderr at the time of the call
};

Terminal terminal();

}  // namespace forkmill::cli
