#include "client/cli/map/session.h"

#include <poll.h>
#include <signal.h>

#include <array>
#include <utility>

#include "client/cli/command_error.h"

namespace forkmill::cli {

namespace {

using Clock = Rate::Clock;

constexpr int kFeedAtOnce = 256;  // then a look at what has ended
constexpr std::chrono::seconds kSilence{3};
constexpr std::chrono::milliseconds kOneIntention{250};
constexpr int kRedrawMs = 100;
constexpr int kLookAroundMs = 1000;

std::string shortened(const std::string& command) {
  constexpr std::size_t kMax = 100;
  return command.size() <= kMax ? command : command.substr(0, kMax) + "…";
}

}  // namespace

MapSession::MapSession(Parts parts, const MapRun::Options& options, Fleet& fleet, Display& display, Signals& signals)
    : parts_{std::move(parts)},
      run_{options},
      fleet_{fleet},
      display_{display},
      signals_{signals},
      start_{Clock::now()},
      last_news_{start_},
      rate_{start_} {
  if (!parts_.count_first) return;
  total_ = parts_.rows.count();
  if (total_) settle(run_.total_known(*total_));
}

bool MapSession::feed_one() {
  Row row;
  const auto state = parts_.rows.next(row);
  input_waits_ = state == Fetch::waiting;
  if (state == Fetch::end) {
    total_ = seq_;
    settle(run_.total_known(seq_));
    run_.input_ended();
  }
  if (state != Fetch::ready) return false;
  auto job = parts_.command.job(++seq_, std::move(row));
  if (parts_.finished.take(job.command)) {
    ++skipped_;
    return true;
  }
  fleet_.run(job);
  run_.start(std::move(job));
  return true;
}

void MapSession::feed() {
  input_waits_ = false;
  for (int i = 0; i < kFeedAtOnce && run_.wants_job(); ++i) {
    if (!feed_one()) return;
  }
}

void MapSession::wait() {
  std::array<pollfd, 3> entries{{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = fleet_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = parts_.rows.wait_fd(), .events = POLLIN, .revents = 0}}};
  const bool more = run_.wants_job() && !input_waits_;
  const int timeout = more ? 0 : display_.wants_progress() ? kRedrawMs : kLookAroundMs;
  ::poll(entries.data(), input_waits_ ? 3 : 2, timeout);
}

void MapSession::record(const Ended& ended) {
  if (parts_.joblog) parts_.joblog->write(joblog_entry(ended));
  if (parts_.results) parts_.results->write(ended);
  if (ended.outcome.problem.empty()) return;
  display_.message("job " + std::to_string(ended.job.seq) + " (" + shortened(ended.job.command) +
                   "): " + ended.outcome.problem);
}

void MapSession::settle(MapRun::Step step) {
  if (step.again != nullptr) return fleet_.run(*step.again);
  if (step.log) record(*step.log);
  for (const auto& ended : step.print) display_.print(*ended);
  if (step.cancel_all) cancel_all();
}

void MapSession::collect() {
  auto ended = fleet_.take();
  if (!ended.empty()) last_news_ = Clock::now();
  for (auto& [seq, outcome] : ended) settle(run_.ended(seq, std::move(outcome)));
  if (display_.broken() && interrupt_ < Interrupt::cancelling) interrupted(SIGPIPE);
}

void MapSession::cancel_all() {
  run_.stop();
  fleet_.cancel_all();
}

void MapSession::interrupted(int signal) {
  // timeout(1) and some shells send the same signal twice, to us and to our group: that is not somebody insisting.
  const auto now = Clock::now();
  if (signal_ != 0 && now - interrupted_at_ < kOneIntention) return;
  interrupted_at_ = now;
  if (signal_ == 0) signal_ = signal;
  if (interrupt_ == Interrupt::cancelling) {
    interrupt_ = Interrupt::leaving;
  } else if (signal == SIGTERM && interrupt_ == Interrupt::none) {
    interrupt_ = Interrupt::finishing;
    run_.stop();
    display_.message("terminated: waiting for " + std::to_string(run_.in_flight()) +
                     " job(s) that have started; again to cancel them");
  } else {
    interrupt_ = Interrupt::cancelling;
    if (signal != SIGPIPE) {
      display_.message("interrupted: cancelling " + std::to_string(run_.in_flight()) +
                       " job(s); again to leave at once");
    }
    cancel_all();
  }
}

void MapSession::take_signals() {
  while (const auto signal = signals_.take()) interrupted(*signal);
}

// Jobs that no worker takes would wait without a word.
void MapSession::complain(Clock::time_point now) {
  if (complained_ || run_.in_flight() == 0 || now - last_news_ < kSilence) return;
  const auto text = fleet_.complaint();
  if (!text) return;
  complained_ = true;
  display_.message(*text);
}

void MapSession::draw(bool now) {
  const auto time = Clock::now();
  if (!display_.wants_progress()) return;
  rate_.update(time, run_.done());
  display_.progress({.done = run_.done() + skipped_,
                     .failed = run_.failed(),
                     .running = run_.in_flight(),
                     .total = total_,
                     .per_second = rate_.per_second(),
                     .elapsed_seconds = std::chrono::duration<double>(time - start_).count()},
                    time, now);
}

int MapSession::conclude() {
  draw(true);
  if (run_.halted()) {
    display_.message("halted by --halt after " + std::to_string(run_.done()) + " job(s), " +
                     std::to_string(run_.failed()) + " of them failed");
  }
  if (signal_ == 0) return run_.exit_status();
  if (signal_ != SIGPIPE && parts_.joblog) display_.message("run it again with --resume to go on from here");
  return 128 + signal_;
}

int MapSession::run() {
  while (!run_.over() && interrupt_ != Interrupt::leaving) {
    feed();
    draw(false);
    wait();
    take_signals();
    collect();
    complain(Clock::now());
  }
  return conclude();
}

}  // namespace forkmill::cli
