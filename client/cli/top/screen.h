// TopScreen: the terminal, as ncurses has it while `forkmill top` runs. The destructor leaves it as it was. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "client/cli/top/key.h"
#include "client/cli/top/line.h"

namespace forkmill::cli {

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
  void* screen_;  // a SCREEN
  bool has_colours_ = false;
};

}  // namespace forkmill::cli
