// forkmill map: runs a command for each argument on the workers.
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/exec_fleet.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/map/session.h"
#include "client/cli/map/words.h"
#include "client/cli/os/terminal.h"
#include "client/cli/os/write_all.h"
#include "client/cli/text/human.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kDefaultWindow = 512;
constexpr std::size_t kMaxWindow = 100'000;
constexpr std::uint64_t kMaxOutput =
    proto::limits::kMaxPayload / 2 - 64UL * 1024;  // both streams and the other fields fit into one result

constexpr const char* kMapFooter =
    R"(COMMAND is a shell command line, for which arguments are quoted. Options precede COMMAND.
  {}     the argument                  {.}    the argument without its extension
  {/}    its file name                 {//}   its directory
  {/.}   its file name, no extension   {#}    the number of the job
  {1} {2} ... {-1}   the argument from that source; also {1.} {2/}
" {}" is appended to a COMMAND without placeholders. Without COMMAND, each argument is a command line.

Input sources; without one, the lines of standard input are the arguments:
  ::: ARG...      arguments                         :::+ ARG...     linked to the previous source
  :::: FILE...    lines of files, - for stdin       ::::+ FILE...   linked to the previous source
Several sources yield every combination. Linked sources advance together.

Examples:
  forkmill map 'gzip -9 {}' ::: *.log
  find . -name '*.png' -print0 | forkmill map -0 --bar 'convert {} {.}.jpg'
  forkmill map --joblog jobs.tsv --resume --retries 3 --timeout 10m './simulate {1} {2}' ::: a b c ::: 1 2 3
  forkmill map -k --tag --halt now,fail=1 'ssh {} uptime' :::: hosts

Exit status: the number of failed jobs up to 253; 254 for more; 255 for any other error; 130 after SIGINT;
143 after SIGTERM. After --halt: the status of the job (N=1), the percentage of failed jobs (X%), or 0
(success=).)";

struct MapOptions {
  bool bar = false;
  bool eta = false;
  bool keep_order = false;
  bool tag = false;
  bool dry_run = false;
  bool quote = false;
  bool null = false;
  bool resume = false;
  bool resume_failed = false;
  std::string colsep;
  std::string results;
  std::string joblog;
  std::string halt = "never";
  std::string workdir;
  std::vector<std::string> arg_files;
  std::vector<std::string> env;
  std::uint64_t output_limit = 16ULL * 1024 * 1024;
  std::size_t jobs = kDefaultWindow;
  unsigned retries = 1;
  SubmitOptions submit{};
  std::vector<std::string> words;
};

void add_input_options(CLI::App& command, MapOptions& options) {
  command.option_defaults()->group("Input");
  command.add_option("-a,--arg-file", options.arg_files, "Read arguments from FILE, like :::: FILE; repeatable")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command.add_flag("-0,--null", options.null, "Input lines end with a NUL byte, as find -print0 writes them");
  command
      .add_option(
          "-C,--colsep", options.colsep,
          "Split each argument into {1} {2} ... at this POSIX extended regular expression, such as '\\t' or ' +'")
      ->type_name("REGEX");
  command.add_flag("-q,--quote", options.quote, "Run COMMAND without a shell; each of its words is one argument");
}

void add_output_group(CLI::App& command, MapOptions& options) {
  command.option_defaults()->group("Output");
  command.add_flag("-k,--keep-order", options.keep_order, "Print the output in the order of the input");
  command.add_flag("--tag", options.tag, "Start each line of output with the argument and a tab");
  command.add_flag("--bar", options.bar, "Show a progress bar on a terminal");
  command.add_flag("--eta", options.eta, "Show the progress on a terminal, without a bar");
  command.add_flag("--dry-run", options.dry_run, "Print the commands without running them");
  command.add_option("--results", options.results, "Also write the output to DIR/1/ARG/stdout, stderr and seq")
      ->type_name("DIR");
  command.add_option("--joblog", options.joblog, "Write a line of tab-separated fields for each job that has ended")
      ->type_name("FILE");
  command.add_flag("--resume", options.resume, "Skip the commands that are in the job log, and append to it");
  command.add_flag("--resume-failed", options.resume_failed,
                   "Skip only the commands that have succeeded, and append to the job log");
  add_size(command, "--output-limit", options.output_limit,
           "Maximum output of a job to each of stdout and stderr; a job with more fails [default: 16M]");
}

void add_running_options(CLI::App& command, MapOptions& options) {
  command.option_defaults()->group("Execution");
  add_number(command, "-j,--jobs", options.jobs, std::size_t{1}, kMaxWindow,
             "Maximum jobs submitted at a time; the workers decide how many run");
  add_number(command, "--retries", options.retries, 1U, proto::limits::kMaxAttempts, "Maximum runs of a failing job");
  add_duration(command, "--timeout", options.submit.timeout,
               "Stop a job that runs longer, which counts as failed [default: none]");
  command
      .add_option("--halt", options.halt,
                  "When to stop early: never, or now|soon,fail|success|done=N|X% [default: never]")
      ->type_name("RULE");
  command.add_option("--queue", options.submit.queue, "Queue of the jobs [default: default]")->type_name("NAME");
  add_number(command, "--priority", options.submit.priority, proto::limits::kMinPriority, proto::limits::kMaxPriority,
             "Priority; higher priorities run first");
  add_durability(command, options.submit.durability);
  command
      .add_option("--wd", options.workdir,
                  "Working directory of the commands [default: this one if the broker is on this machine]")
      ->type_name("DIR");
  command.add_option("--env", options.env, "Pass this environment variable to the commands; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME");
}

char delimiter(const MapOptions& options) { return options.null ? '\0' : '\n'; }

Rows rows_of(const MapOptions& options, std::vector<Input> inputs) {
  std::vector<Input> all;
  for (const auto& file : options.arg_files) all.push_back({.file = true, .linked = false, .words = {file}});
  all.insert(all.end(), std::make_move_iterator(inputs.begin()), std::make_move_iterator(inputs.end()));
  const auto reads_stdin = [](const Input& input) { return input.file && input.words[0] == "-"; };
  if ((all.empty() || std::any_of(all.begin(), all.end(), reads_stdin)) && ::isatty(STDIN_FILENO) == 1) {
    std::fputs("forkmill: reading arguments from the terminal, one per line; press Ctrl-D to end\n", stderr);
  }
  return open_inputs(all, delimiter(options), options.colsep.empty() ? std::nullopt : std::optional{options.colsep});
}

void check(const MapOptions& options, const CommandTemplate& command, const Rows& rows) {
  const auto width = rows.width();
  if (width && command.positions() > static_cast<int>(*width)) {
    throw UsageError{"the command uses {" + std::to_string(command.positions()) + "}, but there are only " +
                     format_count(*width, "input source")};
  }
  if ((options.resume || options.resume_failed) && options.joblog.empty()) {
    throw UsageError{"--resume and --resume-failed need --joblog FILE, the log of the run to continue"};
  }
  if (options.output_limit > kMaxOutput) {
    throw UsageError{"--output-limit " + std::to_string(options.output_limit) + ": must be at most " +
                         std::to_string(kMaxOutput) + " bytes",
                     "let commands with more output write to files"};
  }
}

Resume resume_rule(const MapOptions& options) {
  return options.resume_failed ? Resume::succeeded : options.resume ? Resume::ended : Resume::none;
}

int dry_run(const CommandTemplate& command, Rows rows) {
  Row row;
  for (std::uint64_t seq = 1;;) {
    const auto state = rows.next(row);
    if (state == Fetch::end) return 0;
    if (state == Fetch::waiting) {
      pollfd entry{.fd = rows.wait_fd(), .events = POLLIN, .revents = 0};
      ::poll(&entry, 1, -1);
    } else if (!write_all(STDOUT_FILENO, command.job(seq++, std::move(row)).command + "\n", "standard output")) {
      return 0;
    }
  }
}

bool on_this_machine(const std::string& endpoint) {
  for (const char* start : {"ipc://", "inproc://", "tcp://127.", "tcp://localhost:", "tcp://[::1]:"}) {
    if (endpoint.starts_with(start)) return true;
  }
  return false;
}

// Throws UsageError if the folder has been removed: the folder of the worker would take its place.
std::filesystem::path current_folder() {
  std::error_code error;
  auto folder = std::filesystem::current_path(error);
  if (!error) return folder;
  throw UsageError{"the current folder cannot be found: " + error.message(),
                   "change to a folder that exists, or give the folder of the commands with --wd DIR"};
}

int current_umask() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return static_cast<int>(mask);
}

ExecFleet::Options fleet_options(const MapOptions& options, const ConnectionOptions& connection) {
  ExecFleet::Options made{.submit = options.submit, .shell = !options.quote};
  const bool local = on_this_machine(connection.broker);
  if (options.workdir.starts_with('/'))
    made.cwd = std::filesystem::path{options.workdir}.lexically_normal().string();
  else if (local || !options.workdir.empty())
    made.cwd = (current_folder() / options.workdir).lexically_normal().string();
  made.cwd_implied = options.workdir.empty();
  if (local) made.umask = current_umask();
  for (const auto& name : options.env) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value == nullptr) throw UsageError{"--env " + name + ": there is no such environment variable"};
    made.env[name] = value;
  }
  made.output_limit = options.output_limit;
  return made;
}

Display::Options display_options(const MapOptions& options) {
  const auto found = terminal();
  return {.tag = options.tag,
          .progress = (options.bar || options.eta) && found.err,
          .style = {.bar = options.bar, .colour = found.colour, .width = found.width}};
}

int map(const MapOptions& options, const ConnectionOptions& connection_options) {
  auto split = split_words(options.words);
  CommandTemplate command{split.command, options.quote};
  auto rows = rows_of(options, std::move(split.inputs));
  check(options, command, rows);
  const auto halt = HaltRule::parse(options.halt);
  if (options.dry_run) return dry_run(command, std::move(rows));

  const auto resume = resume_rule(options);
  auto finished = resume == Resume::none ? Finished{resume} : Finished::read(options.joblog, resume);
  MapSession::Parts parts{.feed = {std::move(command), std::move(rows), std::move(finished)}};
  const auto fleet_setup = fleet_options(options, connection_options);
  Signals signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};
  const auto executor = std::make_shared<LoopExecutor>();
  Connection connection{connection_options, executor, &signals, Connection::OnLoss::wait};
  if (!options.joblog.empty()) {
    parts.joblog =
        std::make_unique<JobLog>(options.joblog, resume == Resume::none ? JobLog::Mode::replace : JobLog::Mode::append);
  }
  if (!options.results.empty()) parts.results.emplace(options.results);
  Display display{display_options(options)};
  parts.count_first = halt.percent || display.wants_progress();
  ExecFleet fleet{connection.client(), *executor, fleet_setup};
  MapSession session{std::move(parts),
                     {.window = options.jobs, .tries = options.retries, .keep_order = options.keep_order, .halt = halt},
                     fleet,
                     display,
                     signals};
  return session.run();
}

}  // namespace

void add_map(const Program& program) {
  auto* command =
      program.app.add_subcommand("map", "Run a command for each argument on the workers, like GNU parallel");
  auto options = std::make_shared<MapOptions>();
  program.help.usage(*command, "forkmill map [OPTIONS] [COMMAND...] [::: ARG...]... [:::: FILE...]... [< ARGUMENTS]");
  command->footer(kMapFooter);
  command->prefix_command();
  add_input_options(*command, *options);
  add_output_group(*command, *options);
  add_running_options(*command, *options);
  add_connection_options(*command, program.connection);
  command->callback([program, command, options] {
    options->words = command->remaining();
    if (!options->words.empty() && options->words[0] == "--") options->words.erase(options->words.begin());
    if (!options->words.empty() && options->words[0].starts_with("-") && options->words[0].size() > 1) {
      throw CLI::ValidationError{"unknown option " + options->words[0]};
    }
    program.action = [program, options] { return map(*options, program.connection); };
  });
}

}  // namespace forkmill::cli
