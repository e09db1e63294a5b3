#include "client/cli/map/session.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

using Clock = Rate::Clock;

constexpr int kFeedBatch = 256;  // the most rows that are read before outcomes and signals are handled
constexpr std::chrono::seconds kStallTimeout{3};
constexpr int kRedrawMs = 100;
constexpr int kIdlePollMs = 1000;

constexpr const char* kFolderAdvice =
    "give a folder that all workers have with --wd DIR, such as --wd /tmp, or start the workers where this one exists";

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
      last_outcome_{start_},
      rate_{start_} {
  if (!parts_.count_first) return;
  parts_.feed.count();
  if (const auto total = parts_.feed.total()) apply(run_.total_known(*total));
}

bool MapSession::start_job() {
  Job job;
  const auto slot = slots_.next();
  const auto next = parts_.feed.next(job, slot);
  if (next == JobFeed::Next::job) {
    slots_.acquire(slot);
    job.timeout = parts_.limit.current();
    if (parts_.delay.count() > 0) next_start_ = Clock::now() + parts_.delay;
    fleet_.run(job);
    run_.start(std::move(job));
  } else if (next == JobFeed::Next::waiting) {
    input_waits_ = true;
    return false;
  } else if (next == JobFeed::Next::end) {
    apply(run_.total_known(*parts_.feed.total()));
    run_.input_ended();
  }
  return true;
}

void MapSession::feed() {
  input_waits_ = false;
  for (int i = 0; i < kFeedBatch && may_start(Clock::now()) && start_job(); ++i) {
  }
}

int MapSession::poll_timeout() const {
  const int idle = display_.wants_progress() ? kRedrawMs : kIdlePollMs;
  if (!run_.wants_job() || input_waits_) return idle;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_start_ - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, idle));
}

void MapSession::wait() {
  if (run_.over()) return;
  std::array<pollfd, 3> entries{{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = fleet_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = parts_.feed.wait_fd(), .events = POLLIN, .revents = 0}}};
  ::poll(entries.data(), input_waits_ ? 3 : 2, poll_timeout());
}

// Cancels the run if `action` throws. The first error is the one that run() throws.
void MapSession::guard(const std::function<void()>& action) {
  try {
    action();
  } catch (...) {
    if (std::exchange(failure_, std::current_exception()) == nullptr) cancel_all();
  }
}

void MapSession::record(const Ended& ended) {
  if (parts_.joblog) guard([&] { parts_.joblog->write(joblog_entry(ended)); });
  if (parts_.results) guard([&] { parts_.results->write(ended); });
  if (ended.outcome.problem.empty()) return;
  display_.message("job " + std::to_string(ended.job.seq) + " (" + shortened(ended.job.command) +
                   "): " + ended.outcome.problem);
}

// Output that is held back until its turn goes to a file when it takes too much memory.
void MapSession::print(Ended& ended) {
  spill_.restore(ended.outcome);
  if (!parts_.results || !parts_.results->replaces_printing()) display_.print(ended);
}

void MapSession::apply(MapRun::Step step) {
  if (step.again != nullptr) return fleet_.run(*step.again);
  if (step.log) {
    record(*step.log);
    if (step.log->outcome.ok()) parts_.limit.succeeded(step.log->outcome.run_seconds);
    guard([&] { spill_.store(step.log->outcome); });
  }
  for (const auto& ended : step.print) guard([&] { print(*ended); });
  if (step.cancel_all) cancel_all();
  if (step.cancel_waiting) cancel_waiting();
}

void MapSession::collect_one(std::uint64_t seq, Outcome outcome) {
  if (outcome.no_folder) guard([&] { throw CommandError{ExitCode::failed, outcome.problem, kFolderAdvice}; });
  const auto slot = run_.find(seq)->slot;
  auto step = run_.ended(seq, std::move(outcome));
  if (step.again == nullptr) slots_.release(slot);
  apply(std::move(step));
}

void MapSession::collect() {
  auto ended = fleet_.drain();
  if (!ended.empty()) last_outcome_ = Clock::now();
  for (auto& [seq, outcome] : ended) collect_one(seq, std::move(outcome));
  if (display_.stdout_closed() && stops_.phase() < StopRequests::Phase::cancelling) handle_stop(SIGPIPE);
}

void MapSession::cancel_all() {
  run_.stop();
  fleet_.cancel_all();
}

void MapSession::cancel_waiting() {
  run_.stop();
  fleet_.cancel_waiting();
}

// Shows the commands of the running jobs in the form of GNU parallel.
void MapSession::list_running() {
  fleet_.list_running([this](const std::vector<std::uint64_t>& running) {
    for (const auto seq : running) {
      if (const auto* job = run_.find(seq)) display_.message(job->command);
    }
  });
}

void MapSession::handle_signal(int signal) {
  if (signal == SIGUSR1)
    list_running();
  else
    handle_stop(signal);
}

void MapSession::handle_stop(int signal) {
  const auto phase = stops_.add(signal, Clock::now());
  const auto jobs = format_count(run_.in_flight(), "job");
  if (phase == StopRequests::Phase::finishing) {
    display_.message("terminated: waiting for the running ones of " + jobs +
                     ", and cancelling the others; send SIGTERM again to cancel all");
    cancel_waiting();
  } else if (phase == StopRequests::Phase::cancelling) {
    if (signal != SIGPIPE) display_.message("interrupted: cancelling " + jobs + "; interrupt again to exit at once");
    cancel_all();
  }
}

// Tells people, once in each outage, that jobs wait for the broker.
void MapSession::report_outage(Clock::time_point now) {
  if (fleet_.reachable()) {
    away_since_.reset();
    if (std::exchange(outage_reported_, false)) display_.message("the broker answers again");
    return;
  }
  if (!away_since_) away_since_ = now;
  if (outage_reported_ || run_.in_flight() == 0 || now - *away_since_ < kStallTimeout) return;
  outage_reported_ = true;
  display_.message("waiting: the broker does not answer; " + format_count(run_.in_flight(), "job") +
                   " will go on when it does; interrupt to cancel");
}

// A failed run does not wait for a broker that is away.
bool MapSession::is_abandoned(Clock::time_point now) const {
  return failure_ && away_since_ && now - *away_since_ >= kStallTimeout;
}

// Tells people why no job ends, once. Jobs that no worker serves would otherwise wait without a message.
void MapSession::report_stall(Clock::time_point now) {
  if (stall_reported_ || away_since_ || run_.in_flight() == 0 || now - last_outcome_ < kStallTimeout) return;
  const auto reason = fleet_.stall_reason();
  if (!reason) return;
  stall_reported_ = true;
  display_.message(*reason);
}

void MapSession::draw(bool now) {
  const auto time = Clock::now();
  if (!display_.wants_progress()) return;
  rate_.update(time, run_.done());
  display_.progress({.done = run_.done() + parts_.feed.skipped(),
                     .failed = run_.failed(),
                     .running = run_.in_flight(),
                     .total = parts_.feed.total(),
                     .per_second = rate_.per_second(),
                     .elapsed_seconds = std::chrono::duration<double>(time - start_).count()},
                    time, now);
}

int MapSession::finish() {
  draw(true);
  if (failure_) std::rethrow_exception(failure_);
  if (run_.halted()) {
    display_.message("halted by --halt after " + format_count(run_.done(), "job") + ", of which " +
                     std::to_string(run_.failed()) + " failed");
  }
  if (stops_.signal() == 0) return run_.exit_status();
  if (stops_.signal() != SIGPIPE && parts_.joblog) display_.message("run again with --resume to continue from here");
  return 128 + stops_.signal();
}

int MapSession::run() {
  while (!run_.over() && stops_.phase() != StopRequests::Phase::exiting) {
    guard([this] { feed(); });
    draw(false);
    wait();
    while (const auto signal = signals_.pop()) handle_signal(*signal);
    collect();
    report_outage(Clock::now());
    report_stall(Clock::now());
    if (is_abandoned(Clock::now())) break;
  }
  return finish();
}

}  // namespace forkmill::cli
