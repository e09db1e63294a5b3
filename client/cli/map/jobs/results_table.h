// --results FILE.csv, .tsv, .json: a row for each job, with the fields of the job log, the arguments, stdout and
// stderr, as GNU parallel writes it. JSON has one object on each line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/map/jobs/results.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

class ResultsTable final : public Results {
 public:
  enum class Format { csv, tsv, json };

  // The format that the end of `path` names, in small letters or capitals. Null: none.
  static std::optional<Format> format_of(std::string_view path);

  // Opens the file, and empties it; "-.csv" is stdout. names: those of the positions, else V1, V2 … Throws UsageError
  // if it cannot be opened.
  ResultsTable(const std::string& path, Format format, std::vector<std::string> names);

  void write(const Ended& ended) override;
  bool replaces_printing() const override { return true; }

 private:
  std::string row(const Ended& ended) const;
  std::string object(const Ended& ended) const;
  std::string header(std::size_t arguments) const;
  std::string joined(const std::vector<std::string>& cells) const;

  std::string path_;
  Format format_;
  std::vector<std::string> names_;
  proto::Descriptor file_;  // none: stdout
  bool headed_ = false;
};

}  // namespace forkmill::cli
