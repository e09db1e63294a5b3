// Prints the output of jobs, one job after the other and never mixed: what it wrote to stdout goes to stdout, what it
// wrote to stderr to stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "client/cli/map/job.h"

namespace forkmill::cli {

// Every line with `tag` and a tab before it. A last line without a newline gets its tag too.
std::string tag_lines(std::string_view text, std::string_view tag);

class Printer {
 public:
  using Sink = std::function<void(std::string_view)>;

  Printer(Sink out, Sink err, bool tag) : out_{std::move(out)}, err_{std::move(err)}, tag_{tag} {}

  void print(const Ended& ended) const;

 private:
  void emit(const Sink& sink, const std::string& text, const Row& args) const;

  Sink out_;
  Sink err_;
  bool tag_;
};

}  // namespace forkmill::cli
