#include "client/cli/map/starter.h"

#include <algorithm>

namespace forkmill::cli {

namespace {

constexpr int kFeedBatch = 256;  // the most rows that are read before outcomes and signals are handled
constexpr std::chrono::milliseconds kMoment{20};

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

// Whether the next job should wait until others can start with it. Enough are in flight then to keep workers busy.
bool JobStarter::waits_for_others(const MapRun& run) {
  const auto running = run.in_flight();
  if (running >= options_.together && running + options_.together > full_with_ && full_with_ > 0) {
    const auto now = Clock::now();
    if (waits_until_ == Clock::time_point{}) waits_until_ = now + kMoment;
    if (now < waits_until_) return true;
  }
  full_with_ = 0;
  waits_until_ = {};
  return false;
}

bool JobStarter::start_jobs(MapRun& run, Fleet& fleet) {
  input_waits_ = false;
  if (waits_for_others(run)) return false;
  for (int i = 0; i < kFeedBatch && run.wants_job() && pause().count() == 0 && start_next(run, fleet); ++i) {
  }
  if (!run.wants_job()) full_with_ = run.in_flight();
  return over_;
}

std::chrono::milliseconds JobStarter::pause() const {
  const auto next = std::max(next_start_, waits_until_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

}  // namespace forkmill::cli
