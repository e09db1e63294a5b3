#include "client/cli/map/starter.h"

#include <algorithm>

namespace forkmill::cli {

namespace {

constexpr int kFeedBatch = 256;  // the most rows that are read before outcomes and signals are handled

}  // namespace

// False: no job can start now.
bool JobStarter::start_next(MapRun& run, Fleet& fleet) {
  Job job;
  const auto slot = slots_.next();
  const auto next = feed_.next(job, slot);
  input_waits_ = next == JobFeed::Next::waiting;
  over_ = next == JobFeed::Next::end;
  if (next == JobFeed::Next::job) {
    slots_.acquire(slot);
    job.timeout = options_.limit.current();
    if (options_.delay.count() > 0) next_start_ = Clock::now() + options_.delay;
    fleet.run(job);
    run.start(std::move(job));
  }
  return !input_waits_ && !over_;
}

bool JobStarter::start_jobs(MapRun& run, Fleet& fleet) {
  input_waits_ = false;
  for (int i = 0; i < kFeedBatch && run.wants_job() && pause().count() == 0 && start_next(run, fleet); ++i) {
  }
  return over_;
}

std::chrono::milliseconds JobStarter::pause() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_start_ - Clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

}  // namespace forkmill::cli
