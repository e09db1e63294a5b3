// Where a run's output goes: jobs' output, messages for people, and the progress line, which is taken off the terminal
// while something else is written and drawn again afterwards.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "client/cli/map/job.h"
#include "client/cli/map/printer.h"
#include "client/cli/map/progress.h"

namespace forkmill::cli {

class Display {
 public:
  struct Options {
    bool tag = false;
    bool progress = false;  // draw the line at all; the caller asks only on a terminal
    ProgressStyle style{};
  };

  explicit Display(const Options& options);
  // Leaves the last progress line standing.
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void print(const Ended& ended);
  void message(const std::string& text);  // one line on stderr, "forkmill: " before it
  // Draws, but not more often than people can see unless `now`.
  void progress(const Progress& progress, Rate::Clock::time_point time, bool now = false);

  bool wants_progress() const { return options_.progress; }
  // The reader of stdout has gone: nothing more can be printed.
  bool broken() const { return broken_; }

 private:
  void erase();
  void out(std::string_view text);
  void err(std::string_view text);

  Options options_;
  Printer printer_;
  bool drawn_ = false;
  bool broken_ = false;
  Rate::Clock::time_point last_{};
};

}  // namespace forkmill::cli
