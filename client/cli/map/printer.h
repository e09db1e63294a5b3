// Prints the output of jobs, one job at a time: its stdout to stdout and its stderr to stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

// Puts `tag` and a tab before each line, including a last line without a newline.
std::string tag_lines(std::string_view text, std::string_view tag);

class Printer {
 public:
  using Sink = std::function<void(std::string_view)>;

  struct Options {
    bool tag = false;
    bool verbose = false;  // print the command before its output (-v)
  };
  Printer(Sink out, Sink err, Options options) : out_{std::move(out)}, err_{std::move(err)}, options_{options} {}

  void print(const Ended& ended) const;

 private:
  void emit(const Sink& sink, const std::string& text, const std::string& tag) const;

  Sink out_;
  Sink err_;
  Options options_;
};

}  // namespace forkmill::cli
