// TopScreen: the terminal, as ncurses has it while `forkmill top` runs. The destructor leaves it as it was. One thread.
#pragma once

#include <signal.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "client/cli/top/key.h"
#include "client/cli/top/line.h"

namespace forkmill::cli {

// StopHandler: while it lives, SIGTSTP has a handler, which does nothing. ncurses would otherwise ignore the signal
// while it paints, and the kernel would discard one that is blocked and waits to be read.
class StopHandler {
 public:
  StopHandler();
  ~StopHandler();
  StopHandler(const StopHandler&) = delete;
  StopHandler& operator=(const StopHandler&) = delete;

 private:
  struct sigaction before_ {};
};

class TopScreen {
 public:
  // Throws CommandError if stdin or stdout is no terminal.
  static void check_terminal();

  // Throws CommandError if ncurses does not know the terminal.
  TopScreen();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  std::size_t width() const;
  std::size_t height() const;
  // The terminal has another size.
  void resize();
  void paint(const std::vector<TopLine>& lines);
  // Returns the next key that was pressed. Null: none, or one that means nothing here. Does not block.
  std::optional<TopKey> read();
  // Gives the terminal back, stops this process until it is continued, and takes the terminal again.
  void suspend();

 private:
  StopHandler stop_handler_;
  void* screen_;  // a SCREEN
  bool has_colours_ = false;
};

}  // namespace forkmill::cli
