#include "client/cli/map/recorder.h"

#include <string>

#include "proto/text.h"

namespace forkmill::cli {

namespace {

std::string shortened(const std::string& command) {
  constexpr std::size_t kMax = 100;
  return command.size() <= kMax ? command : std::string{proto::first_bytes(command, kMax)} + "…";
}

}  // namespace

void Recorder::guard(const std::function<void()>& action) {
  try {
    action();
  } catch (...) {
    if (!error_) error_ = std::current_exception();
  }
}

void Recorder::record(Ended& ended) {
  if (files_.joblog) guard([&] { files_.joblog->write(joblog_entry(ended)); });
  if (files_.results) guard([&] { files_.results->write(ended); });
  if (files_.report != nullptr) files_.report->add(ended);
  if (!ended.outcome.problem.empty()) {
    display_.message("job " + std::to_string(ended.job.seq) + " (" + shortened(ended.job.command) +
                     "): " + ended.outcome.problem);
  }
  // Output that waits for its turn goes to a file when it takes too much memory.
  guard([&] { spill_.store(ended.outcome); });
}

void Recorder::print(Ended& ended) {
  guard([&] {
    spill_.restore(ended.outcome);
    if (!files_.results || !files_.results->replaces_printing()) display_.print(ended);
  });
}

}  // namespace forkmill::cli
