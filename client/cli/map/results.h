// --results DIR: each job's output in a folder of its own, laid out as GNU parallel does:
//
//   DIR/1/ARGUMENT/stdout, stderr, seq          with two sources: DIR/1/ARGUMENT/2/ARGUMENT/stdout …
//
// A slash in an argument becomes "\_", a backslash "\\"; arguments that no folder can be named after are written so
// that no two share a folder and none leads out of DIR.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "client/cli/map/job.h"

namespace forkmill::cli {

// The name of the folder for one argument. Pure.
std::string results_name(std::string_view argument);

class ResultsDir {
 public:
  // Throws UsageError when the directory cannot be made.
  explicit ResultsDir(const std::string& path);

  std::filesystem::path folder(const Row& args) const;

  // Throws CommandError when a file cannot be written.
  void write(const Ended& ended) const;

 private:
  std::filesystem::path root_;
};

}  // namespace forkmill::cli
