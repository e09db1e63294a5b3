// --results: the output of each job in files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/replacement_text.h"

namespace forkmill::cli {

class Results {
 public:
  Results() = default;
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;
  virtual ~Results() = default;

  // Writes the files of a job, and replaces existing ones. Throws CommandError if one cannot be written.
  virtual void write(const Ended& ended) = 0;
  // Whether the output of jobs is written there only, and not printed.
  virtual bool replaces_printing() const { return false; }
};

// Returns what `path` asks for:
//
//   FILE.csv, .tsv, .json   (or in capitals) a table of all jobs (results_table.h); "-.csv" and so on: on stdout
//   a path with {}, {1} …   the stdout of a job in this file, stderr and seq in PATH.err and PATH.seq
//   DIR                     a directory for each job
//
// names: those of the positions (--header). Throws UsageError if the file or directory cannot be made.
std::unique_ptr<Results> open_results(const std::string& path, const Syntax& syntax);

// The name of the directory of an argument: a slash becomes "\_", a backslash "\\". Pure.
std::string results_name(std::string_view argument);

// A directory for each job, in the layout of GNU parallel:
//
//   DIR/1/ARGUMENT/stdout, stderr, seq          with two sources: DIR/1/ARGUMENT/2/ARGUMENT/stdout …
//   DIR/NAME/ARGUMENT/…                         with --header
//   DIR/SEQ/…                                   without arguments (--pipe)
//
// Different arguments have different directories, all below DIR.
class ResultsDir final : public Results {
 public:
  // Creates the directory. Throws UsageError if that fails.
  explicit ResultsDir(const std::string& path, std::vector<std::string> names = {});

  // The directory of a job.
  std::filesystem::path folder(const Job& job) const;
  void write(const Ended& ended) override;

 private:
  std::filesystem::path root_;
  std::vector<std::string> names_;
};

// Three files for each job, whose path has replacement strings.
class ResultsFiles final : public Results {
 public:
  explicit ResultsFiles(ReplacementText path) : path_{std::move(path)} {}
  void write(const Ended& ended) override;

 private:
  ReplacementText path_;
};

}  // namespace forkmill::cli
