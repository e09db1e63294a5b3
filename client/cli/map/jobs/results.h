// --results DIR: the output of each job in a directory of its own, in the layout of GNU parallel:
//
//   DIR/1/ARGUMENT/stdout, stderr, seq          with two sources: DIR/1/ARGUMENT/2/ARGUMENT/stdout …
//
// A slash in an argument becomes "\_", a backslash "\\". Different arguments have different directories, all below DIR.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

// The name of the directory of an argument. Pure.
std::string results_name(std::string_view argument);

class ResultsDir {
 public:
  // Creates the directory. Throws UsageError if that fails.
  explicit ResultsDir(const std::string& path);

  // The directory of a job.
  std::filesystem::path folder(const Row& args) const;

  // Writes the files of a job, and replaces existing ones. Throws CommandError if one cannot be written.
  void write(const Ended& ended) const;

 private:
  std::filesystem::path root_;
};

}  // namespace forkmill::cli
