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

// Whether the job is tried again. Counts that try.
bool MapRun::try_again(Entry& entry, const Outcome& outcome) const {
  if (outcome.ok() || outcome.cancelled || !outcome.retriable || halted() || no_more_tries_) return false;
  if (outcome.lost && entry.losses < kMaxLosses) {
    ++entry.losses;
    return true;
  }
  if (entry.tries >= options_.tries) return false;
  ++entry.tries;
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
  release_front(step);
  return step;
}

const Job* MapRun::find(std::uint64_t seq) const {
  const auto at = jobs_.find(seq);
  return at == jobs_.end() || at->second.ended ? nullptr : &at->second.job;
}

MapRun::Jobs::iterator MapRun::release(Jobs::iterator at, Step& step) {
  if (at->second.ended) step.print.push_back(std::move(at->second.ended));
  return jobs_.erase(at);
}

void MapRun::release_front(Step& step) {
  auto at = jobs_.begin();
  while (at != jobs_.end() && (at->second.ended || at->second.cancelled)) at = release(at, step);
}

MapRun::Step MapRun::ended(std::uint64_t seq, Outcome outcome) {
  Step step;
  const auto at = jobs_.find(seq);
  FORKMILL_CHECK(at != jobs_.end() && !at->second.ended && !at->second.cancelled);
  auto& entry = at->second;
  if (try_again(entry, outcome)) {
    step.again = &entry.job;
    return step;
  }
  --in_flight_;
  entry.cancelled = outcome.cancelled;
  if (!outcome.cancelled) {
    halt_.ended(outcome);
    entry.ended = std::make_shared<Ended>(Ended{std::move(entry.job), std::move(outcome)});
    step.log = entry.ended;
  }
  check_halt(step);
  if (options_.keep_order)
    release_front(step);
  else
    release(at, step);
  return step;
}

}  // namespace forkmill::cli
