// Recorder: the traces that the jobs of a run leave: output, results and job log. An error ends the run, but not the
// recording of the other jobs. One thread.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "client/cli/map/display.h"
#include "client/cli/map/jobs/job.h"
#include "client/cli/map/jobs/joblog.h"
#include "client/cli/map/jobs/results.h"
#include "client/cli/map/run_report.h"
#include "client/cli/map/spill.h"

namespace forkmill::cli {

class Recorder {
 public:
  struct Files {
    std::unique_ptr<JobLog> joblog{};    // null: none is written
    std::unique_ptr<Results> results{};  // null: none is written
    RunReport* report = nullptr;         // null: none is written; must outlive the recorder
  };

  // `display` must outlive this object.
  Recorder(Files files, Display& display) : files_{std::move(files)}, display_{display} {}

  // Writes the log and the results of a job that has ended for good, and keeps its output until print().
  void record(Ended& ended);
  // Prints the output of a job that was recorded.
  void print(Ended& ended);

  bool has_log() const { return files_.joblog != nullptr; }

  // Runs `action`, and keeps the first error of all.
  void guard(const std::function<void()>& action);
  // Null: there was no error.
  const std::exception_ptr& error() const { return error_; }

 private:
  Files files_;
  Display& display_;
  OutputSpill spill_;
  std::exception_ptr error_;
};

}  // namespace forkmill::cli
