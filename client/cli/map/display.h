// The output of a run: the output of its jobs, messages for people, and the progress line, which is erased before other
// output and drawn again after it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "client/cli/map/jobs/job.h"
#include "client/cli/map/printer.h"
#include "client/cli/map/progress.h"

namespace forkmill::cli {

class Display {
 public:
  struct Options {
    Printer::Options output{};
    bool raw = false;       // the output of jobs goes to terminals as it is
    bool progress = false;  // draw the progress line. REQUIRES: stderr is a terminal
    ProgressStyle style{};
  };

  explicit Display(const Options& options);
  // Does not erase the last progress line.
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  // The functions block until everything is written.

  // Prints the output of a job. Throws CommandError if stdout or stderr cannot be written.
  void print(const Ended& ended);
  // Writes "forkmill: " and `text` to stderr, if it can be written.
  void message(const std::string& text);
  // Draws the progress line, at most every 100 ms unless `now` is true.
  void progress(const Progress& progress, Rate::Clock::time_point time, bool now = false);

  bool wants_progress() const { return options_.progress; }
  // Whether the reader of stdout has closed it: print() has no effect then.
  bool stdout_closed() const { return stdout_closed_; }

 private:
  void erase();
  void out(std::string_view text);
  void err(std::string_view text);
  void show_err(std::string_view text);  // the output of a job
  void tell(std::string_view text);

  Options options_;
  Printer printer_;
  bool drawn_ = false;
  bool stdout_closed_ = false;
  Rate::Clock::time_point last_{};
};

}  // namespace forkmill::cli
