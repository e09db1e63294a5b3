#include "client/cli/map/run.h"

#include <utility>

#include "proto/check.h"

namespace forkmill::cli {

void MapRun::start(Job job) {
  const auto seq = job.seq;
  jobs_.emplace(seq, Entry{.job = std::move(job), .tries = 1, .losses = 0, .ended = nullptr, .cancelled = false});
  ++in_flight_;
}

MapRun::Step MapRun::total_known(std::uint64_t total) {
  Step step;
  halt_.total_known(total);
  check_halt(step);
  return step;
}

bool MapRun::Entry::count_try(const Outcome& outcome, unsigned most) {
  if (outcome.ok() || outcome.cancelled || !outcome.retriable) return false;
  if (outcome.lost && losses < kMaxLosses) {
    ++losses;
    return true;
  }
  if (tries >= most) return false;
  ++tries;
  return true;
}

void MapRun::check_halt(Step& step) {
  if (!halted()) return;
  stopped_ = true;
  if (std::exchange(cancelled_, true)) return;
  step.cancel_all = halt_.state() == Halt::now;
  step.cancel_waiting = halt_.state() == Halt::soon;
}

MapRun::Step MapRun::abandon() {
  Step step;
  stop();
  in_flight_ = 0;
  for (auto& [seq, entry] : jobs_) entry.cancelled = !entry.ended;
  release(jobs_.begin(), step);
  return step;
}

const Job* MapRun::find(std::uint64_t seq) const {
  const auto at = jobs_.find(seq);
  return at == jobs_.end() || at->second.ended ? nullptr : &at->second.job;
}

void MapRun::release(Jobs::iterator from, Step& step) {
  while (from != jobs_.end() && (from->second.ended || from->second.cancelled)) {
    if (from->second.ended) step.print.push_back(std::move(from->second.ended));
    from = jobs_.erase(from);
  }
}

MapRun::Step MapRun::ended(std::uint64_t seq, Outcome outcome) {
  Step step;
  const auto at = jobs_.find(seq);
  FORKMILL_CHECK(at != jobs_.end() && !at->second.ended && !at->second.cancelled);
  auto& entry = at->second;
  if (!halted() && !no_more_tries_ && entry.count_try(outcome, options_.tries)) {
    step.again = &entry.job;
    return step;
  }
  --in_flight_;
  entry.cancelled = outcome.cancelled;
  if (!outcome.cancelled) {
    halt_.ended(outcome);
    const unsigned tries = entry.tries + entry.losses;
    entry.ended = std::make_shared<Ended>(Ended{std::move(entry.job), std::move(outcome), tries});
    step.log = entry.ended;
  }
  check_halt(step);
  // Without --keep-order, no other job has ended and is still here.
  release(options_.keep_order ? jobs_.begin() : at, step);
  return step;
}

}  // namespace forkmill::cli
