// RunReport: the file of `map --report`. Keeps what is to be said of the jobs until the run has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "client/cli/map/jobs/job.h"
#include "client/cli/report/page.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

class RunReport {
 public:
  static constexpr std::size_t kMaxJobs = 100'000;  // later ones are left out, and the report says so

  // Opens the file, or creates it. `now_ms`: unix time. Throws UsageError if it cannot be opened.
  RunReport(std::string path, std::int64_t now_ms);

  void add(const Ended& ended);
  // Writes the page. Throws CommandError if it cannot be written.
  void write(std::int64_t now_ms);

 private:
  std::string path_;
  proto::Descriptor file_;
  ReportFacts facts_;
};

}  // namespace forkmill::cli
