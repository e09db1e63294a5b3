// forkmill map: runs a command for each argument on the workers.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/map/exec_fleet.h"
#include "client/cli/commands/map/feed_setup.h"
#include "client/cli/commands/map/fleet_setup.h"
#include "client/cli/commands/map/help.h"
#include "client/cli/commands/map/options.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/map/session.h"
#include "client/cli/os/terminal.h"
#include "client/cli/os/write_all.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr std::uint64_t kMaxOutput =
    proto::limits::kMaxPayload / 2 - 64UL * 1024;  // both streams and the other fields fit into one result
constexpr std::size_t kTogether = 16;              // jobs that start together, unless --jobs says how many may run
constexpr std::size_t kPipeWindow = 32;            // the default of --jobs with --pipe, which holds a block for each

void check_options(const MapOptions& options) {
  const auto& log = options.log;
  if ((log.resume || log.resume_failed || log.retry_failed) && (log.joblog.empty() || log.joblog == "-")) {
    throw UsageError{"--resume, --resume-failed and --retry-failed need --joblog FILE, the log of the run to continue"};
  }
  if (options.output.limit > kMaxOutput) {
    throw UsageError{"--output-limit " + std::to_string(options.output.limit) + ": must be at most " +
                         std::to_string(kMaxOutput) + " bytes",
                     "let commands with more output write to files"};
  }
}

Resume resume_rule(const MapOptions::Log& log) {
  return log.resume_failed ? Resume::succeeded : log.resume ? Resume::ended : Resume::none;
}

JobLog::Mode log_mode(const MapOptions::Log& log, bool plus) {
  if (log.resume || log.resume_failed || log.retry_failed) return JobLog::Mode::append;
  return plus ? JobLog::Mode::add : JobLog::Mode::replace;
}

int dry_run(JobFeed feed, Display& display) {
  Ended ended;
  for (;;) {
    const auto next = feed.next(ended.job, 1);
    if (next == JobFeed::Next::end) return 0;
    if (next == JobFeed::Next::waiting) {
      pollfd entry{.fd = feed.wait_fd(), .events = POLLIN, .revents = 0};
      ::poll(&entry, 1, -1);
    } else if (next == JobFeed::Next::job) {
      display.print(ended);
      if (display.stdout_closed()) return 0;
    }
  }
}

Display::Options display_options(const MapOptions::Output& output) {
  const auto found = terminal();
  return {.output = {.tag = output.tag || output.tagstring, .verbose = output.verbose || output.dry_run},
          .raw = output.raw,
          .progress = (output.bar || output.eta) && !output.dry_run && found.err,
          .style = {.bar = output.bar, .colour = found.colour, .width = found.width}};
}

// The maximum of jobs in flight, and the jobs over which -X and -m spread the last arguments.
struct Widths {
  std::size_t window;
  std::size_t spread;
};

// A run that --halt may stop, or that measures its jobs, has one job for each process unless told otherwise, so that no
// job waits behind another.
Widths widths(const MapOptions& options, const HaltRule& halt, Connection& connection) {
  const auto& jobs = options.run.jobs;
  const bool exact = options.run.timeout_percent > 0 || halt.when != Halt::never;
  const bool spreads = options.input.context || options.input.xargs;
  if (!jobs.is_relative() && !(jobs.is_default() && (spreads || exact))) {
    const auto window = jobs.is_default() && options.pipe.on ? kPipeWindow : jobs.resolve(1);
    return {window, window};
  }
  const auto running = processes_for(connection, options.run.submit.queue);
  const auto processes = std::max<std::size_t>(running, 1);
  const auto window = jobs.is_default() && exact && running > 0 ? running : jobs.resolve(processes);
  return {window, jobs.is_default() ? processes : window};
}

// "+FILE" is the file, which is appended to.
MapOptions with_log_file(MapOptions options, bool& plus) {
  plus = options.log.joblog.starts_with('+');
  if (plus) options.log.joblog.erase(0, 1);
  return options;
}

int map(const MapOptions& given, const std::vector<std::string>& words, const ConnectionOptions& connection_options) {
  bool plus = false;
  const auto options = with_log_file(given, plus);
  const auto& log = options.log;
  check_options(options);
  const auto halt = HaltRule::parse(options.run.halt);
  FeedSetup setup{options, words, halt.percent};
  Display display{display_options(options.output)};
  const auto resume = resume_rule(log);
  auto finished = resume == Resume::none ? Finished{resume} : Finished::read(log.joblog, resume);
  if (options.output.dry_run)
    return dry_run(setup.feed(options.run.jobs.resolve(std::thread::hardware_concurrency()), std::move(finished)),
                   display);

  const auto fleet_setup = fleet_options(options, connection_options);
  Signals signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
  ::signal(SIGXFSZ, SIG_IGN);  // a file over the limit of its size is an error, not the end
  const auto executor = std::make_shared<LoopExecutor>();
  Connection connection{connection_options, executor, &signals, Connection::OnLoss::wait};
  const auto [window, spread] = widths(options, halt, connection);
  const bool is_wide = options.run.jobs.is_default() && window == JobCount::kDefault;
  MapSession::Parts parts{.feed = setup.feed(spread, std::move(finished)),
                          .starts = {.limit = TimeLimit{options.run.timeout, options.run.timeout_percent},
                                     .delay = options.run.delay,
                                     .together = is_wide ? kTogether : 1}};
  if (!log.joblog.empty()) parts.files.joblog = std::make_unique<JobLog>(log.joblog, log_mode(log, plus));
  if (!log.results.empty()) parts.files.results = open_results(log.results, setup.syntax());
  std::optional<RunReport> report;
  if (!log.report.empty()) parts.files.report = &report.emplace(log.report, unix_now().count());
  parts.count_first = halt.percent || display.wants_progress();
  ExecFleet fleet{connection.client(), *executor, fleet_setup};
  MapSession session{
      std::move(parts),
      {.window = window, .tries = options.run.retries, .keep_order = options.output.keep_order, .halt = halt},
      fleet,
      display,
      signals};
  const int status = session.run();
  if (report) report->write(unix_now().count());
  return status;
}

}  // namespace

void add_map(const Program& program) {
  auto* command =
      program.app.add_subcommand("map", "Run a command for each argument on the workers, like GNU parallel");
  auto options = std::make_shared<MapOptions>();
  program.help.usage(*command, "forkmill map [OPTIONS] [COMMAND...] [::: ARG...]... [:::: FILE...]... [< ARGUMENTS]");
  command->footer(kMapFooter);
  add_map_options(*command, *options);
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    if (!program.map_words.error.empty()) throw CLI::ValidationError{program.map_words.error};
    program.action = [program, options] { return map(*options, program.map_words.words, program.connection); };
  });
}

}  // namespace forkmill::cli
