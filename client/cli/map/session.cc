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

constexpr std::chrono::milliseconds kRedrawPoll{100};
constexpr std::chrono::milliseconds kIdlePoll{1000};

constexpr const char* kFolderAdvice =
    "give a folder that all workers have with --wd DIR, such as --wd /tmp, or start the workers where this one exists";

}  // namespace

MapSession::MapSession(Parts parts, const MapRun::Options& options, Fleet& fleet, Display& display, Signals& signals)
    : starter_{std::move(parts.feed), std::move(parts.starts)},
      run_{options},
      fleet_{fleet},
      display_{display},
      signals_{signals},
      recorder_{std::move(parts.files), display},
      watch_{fleet, display, parts.patience},
      start_{Clock::now()},
      rate_{start_} {
  if (!parts.count_first) return;
  starter_.feed().count();
  if (const auto total = starter_.feed().total()) apply(run_.total_known(*total));
}

void MapSession::start_jobs() {
  if (!run_.wants_job() || !starter_.start_jobs(run_, fleet_)) return;
  apply(run_.total_known(*starter_.feed().total()));
  run_.input_ended();
}

void MapSession::wait() {
  if (run_.over()) return;
  std::array<pollfd, 3> entries{{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = fleet_.fd(), .events = POLLIN, .revents = 0},
                                 {.fd = starter_.feed().wait_fd(), .events = POLLIN, .revents = 0}}};
  auto timeout = display_.wants_progress() ? kRedrawPoll : kIdlePoll;
  const bool input_waits = starter_.waits_for_input() && run_.wants_job();
  if (run_.wants_job() && !input_waits) timeout = std::min(timeout, starter_.pause());
  ::poll(entries.data(), input_waits ? 3 : 2, static_cast<int>(timeout.count()));
}

void MapSession::apply(const MapRun::Step& step) {
  if (step.again != nullptr) return fleet_.run(*step.again);
  if (step.log) {
    if (step.log->outcome.ok()) starter_.succeeded(step.log->outcome.run_seconds);
    recorder_.record(*step.log);
  }
  for (const auto& ended : step.print) recorder_.print(*ended);
  if (step.cancel_all) cancel_all();
  if (step.cancel_waiting) fleet_.cancel_waiting();
}

void MapSession::collect_one(std::uint64_t seq, Outcome outcome) {
  if (outcome.no_folder) recorder_.guard([&] { throw CommandError{ExitCode::failed, outcome.problem, kFolderAdvice}; });
  const auto slot = run_.find(seq)->slot;
  auto step = run_.ended(seq, std::move(outcome));
  if (step.again == nullptr) starter_.release(slot);
  apply(step);
}

void MapSession::collect() {
  auto ended = fleet_.drain();
  if (!ended.empty()) watch_.job_ended();
  for (auto& [seq, outcome] : ended) collect_one(seq, std::move(outcome));
  if (display_.stdout_closed() && stops_.phase() < StopRequests::Phase::cancelling) handle_stop(SIGPIPE);
}

void MapSession::cancel_all() {
  run_.stop();
  watch_.run_is_stopping();
  fleet_.cancel_all();
}

// Ends the run without the jobs in flight: a broker that is away cannot cancel them. Those that have ended are printed.
void MapSession::give_up() {
  display_.message("the broker does not answer: " + format_count(run_.in_flight(), "job") +
                   " cannot be cancelled, and may run on");
  apply(run_.abandon());
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
  else if (signal == SIGUSR2)
    display_.message(render_progress(progress(Clock::now()), {.bar = false, .colour = false}));
  else
    handle_stop(signal);
}

void MapSession::handle_stop(int signal) {
  const auto phase = stops_.add(signal, Clock::now());
  const auto jobs = format_count(run_.in_flight(), "job");
  if (phase == StopRequests::Phase::finishing) {
    display_.message("terminated: waiting for the running ones of " + jobs +
                     ", and cancelling the others; send SIGTERM again to cancel all");
    run_.stop();
    watch_.run_is_stopping();
    fleet_.cancel_waiting();
  } else if (phase == StopRequests::Phase::cancelling) {
    if (signal != SIGPIPE) display_.message("interrupted: cancelling " + jobs + "; interrupt again to exit at once");
    cancel_all();
  }
}

Progress MapSession::progress(Clock::time_point now) {
  rate_.update(now, run_.done());
  return {.done = run_.done() + starter_.feed().skipped(),
          .failed = run_.failed(),
          .running = run_.in_flight(),
          .total = starter_.feed().total(),
          .per_second = rate_.per_second(),
          .elapsed_seconds = std::chrono::duration<double>(now - start_).count()};
}

void MapSession::draw(bool now) {
  const auto time = Clock::now();
  if (!display_.wants_progress()) return;
  display_.progress(progress(time), time, now);
}

int MapSession::finish() {
  draw(true);
  if (recorder_.error()) std::rethrow_exception(recorder_.error());
  if (run_.halted()) {
    display_.message("halted by --halt after " + format_count(run_.done(), "job") + ", of which " +
                     std::to_string(run_.failed()) + " failed");
  }
  if (stops_.signal() == 0) return run_.exit_status();
  if (stops_.signal() != SIGPIPE && recorder_.has_log())
    display_.message("run again with --resume to continue from here");
  return 128 + stops_.signal();
}

int MapSession::run() {
  bool failed = false;
  const auto cancel_after_error = [&] {
    if (recorder_.error() && !std::exchange(failed, true)) cancel_all();
  };
  while (!run_.over() && stops_.phase() != StopRequests::Phase::exiting) {
    recorder_.guard([this] { start_jobs(); });
    cancel_after_error();
    draw(false);
    wait();
    while (const int signal = signals_.pop()) handle_signal(signal);
    collect();
    cancel_after_error();
    watch_.check(run_.in_flight());
    if (!run_.over() && watch_.has_given_up()) give_up();
  }
  return finish();
}

}  // namespace forkmill::cli
