// forkmill map: commands over arguments, run by the workers.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "client/cli/command_error.h"
#include "client/cli/commands/connection.h"
#include "client/cli/commands/exec_fleet.h"
#include "client/cli/commands/views.h"
#include "client/cli/map/session.h"
#include "client/cli/map/words.h"
#include "client/cli/os/terminal.h"
#include "client/cli/os/write_all.h"
#include "proto/limits.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kDefaultWindow = 512;
constexpr std::size_t kMaxWindow = 100'000;
constexpr std::uint64_t kMaxOutput =
    proto::limits::kMaxPayload / 2 - 64UL * 1024;  // two streams and the rest in one result

constexpr const char* kMapFooter =
    R"(COMMAND is a shell line; every argument is quoted for it. Options stand before COMMAND.
  {}   the argument      {.} without extension   {/} file name        {//} directory
  {/.} name without it   {#} number of the job   {1} {2} … {-1} of that source, also {1.} {2/}
Without any of these " {}" is added at the end. Without COMMAND every argument is a command.
  ::: ARG…    arguments            :::: FILE…  lines of files, - is standard input
  :::+ ARG…, ::::+ FILE…           linked to the source before, instead of every combination
Without a source the lines of standard input are the arguments.

Examples:
  forkmill map 'gzip -9 {}' ::: *.log
  find . -name '*.png' -print0 | forkmill map -0 --bar 'convert {} {.}.jpg'
  forkmill map --joblog jobs.tsv --resume --retries 3 --timeout 10m './simulate {1} {2}' ::: a b c ::: 1 2 3
  forkmill map -k --tag --halt now,fail=1 'ssh {} uptime' :::: hosts

Exit status: the number of failed jobs up to 253, 254 for more, 255 for any other error;
with --halt that job's own status (N=1), the percentage that failed (X%), or 0 (success=).
130 interrupted, 143 terminated.)";

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
  command.add_option("-a,--arg-file", options.arg_files, "Arguments from the lines of FILE, as :::: FILE; repeatable")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command.add_flag("-0,--null", options.null, "Lines of files end in a NUL byte, as find -print0 writes them");
  command
      .add_option("-C,--colsep", options.colsep,
                  "Split each argument into {1} {2} … at this regular expression: '\\t', ',', ' +'")
      ->type_name("REGEX");
  command.add_flag("-q,--quote", options.quote, "Run COMMAND without a shell: each word of it is one word");
}

void add_output_group(CLI::App& command, MapOptions& options) {
  command.add_flag("-k,--keep-order", options.keep_order, "Print in the order of the input");
  command.add_flag("--tag", options.tag, "Begin every line of output with the argument and a tab");
  command.add_flag("--bar", options.bar, "Progress bar on a terminal");
  command.add_flag("--eta", options.eta, "The same in figures only");
  command.add_flag("--dry-run", options.dry_run, "Print the commands, run nothing");
  command.add_option("--results", options.results, "Keep output in DIR/1/ARG/stdout, stderr and seq as well")
      ->type_name("DIR");
  command.add_option("--joblog", options.joblog, "One line of tab-separated figures for each job that ended")
      ->type_name("FILE");
  command.add_flag("--resume", options.resume, "Leave out the commands that the job log has; goes on with that log");
  command.add_flag("--resume-failed", options.resume_failed, "Leave out those that succeeded");
  add_size(command, "--output-limit", options.output_limit,
           "Most that one job may print to stdout, and to stderr. Default: 16M");
}

void add_running_options(CLI::App& command, MapOptions& options) {
  add_number(command, "-j,--jobs", options.jobs, std::size_t{1}, kMaxWindow,
             "Most jobs submitted at a time; how many run is up to the workers");
  add_number(command, "--retries", options.retries, 1U, proto::limits::kMaxAttempts,
             "Most runs of a job that fails, in all");
  add_duration(command, "--timeout", options.submit.timeout,
               "End a job that runs longer; it has failed then. Default: none");
  command
      .add_option("--halt", options.halt, "When to give up: never, or now|soon,fail|success|done=N|X%. Default: never")
      ->type_name("RULE");
  command.add_option("--queue", options.submit.queue, "Queue. Default: default")->type_name("NAME");
  add_number(command, "--priority", options.submit.priority, proto::limits::kMinPriority, proto::limits::kMaxPriority,
             "Priority, higher first");
  add_durability(command, options.submit.durability);
  command
      .add_option("--wd", options.workdir,
                  "Folder where commands run. Default: this one when the broker is on this machine, else the worker's")
      ->type_name("DIR");
  command.add_option("--env", options.env, "Hand this environment variable on to the commands; repeatable")
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
    std::fputs("forkmill: reading arguments from the terminal, one a line; Ctrl-D ends them\n", stderr);
  }
  return open_inputs(all, delimiter(options), options.colsep.empty() ? std::nullopt : std::optional{options.colsep});
}

void check(const MapOptions& options, const CommandTemplate& command, const Rows& rows) {
  const auto width = rows.width();
  if (width && command.positions() > static_cast<int>(*width)) {
    throw UsageError{"the command names argument {" + std::to_string(command.positions()) + "}, but there are only " +
                     std::to_string(*width) + " input source(s)"};
  }
  if ((options.resume || options.resume_failed) && options.joblog.empty()) {
    throw UsageError{"--resume needs --joblog FILE, the log of the run to go on with"};
  }
  if (options.output_limit > kMaxOutput) {
    throw UsageError{"--output-limit can be " + std::to_string(kMaxOutput) + " bytes at most",
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

ExecFleet::Options fleet_options(const MapOptions& options, const ConnectionOptions& connection) {
  ExecFleet::Options made{.submit = options.submit, .shell = !options.quote, .cwd = options.workdir};
  std::error_code ignored;
  if (!options.workdir.empty())
    made.cwd = std::filesystem::absolute(options.workdir, ignored).lexically_normal().string();
  else if (on_this_machine(connection.broker))
    made.cwd = std::filesystem::current_path(ignored).string();
  for (const auto& name : options.env) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    if (value == nullptr) throw UsageError{"--env: the environment has no variable " + name};
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

std::string nobody_serves(Connection& connection, const std::string& queue) {
  const auto reason = unserved_reason(connection.ask(QueryKind::status), std::string{kExec.name()}, queue);
  return reason.empty() ? reason
                        : "waiting: " + reason + "\n  fix: start one that runs commands: forkmill-worker --allow-exec";
}

int map(const MapOptions& options, const ConnectionOptions& connection_options) {
  auto split = split_words(options.words);
  CommandTemplate command{split.command, options.quote};
  auto rows = rows_of(options, std::move(split.inputs));
  check(options, command, rows);
  const auto halt = HaltRule::parse(options.halt);
  if (options.dry_run) return dry_run(command, std::move(rows));

  MapSession::Parts parts{.command = std::move(command), .rows = std::move(rows)};
  const auto resume = resume_rule(options);
  if (resume != Resume::none) parts.finished = Finished::read(options.joblog, resume);
  Signals signals{SIGINT, SIGTERM};
  const auto fleet_setup = fleet_options(options, connection_options);
  const auto executor = std::make_shared<LoopExecutor>();
  Connection connection{connection_options, executor, &signals};
  if (!options.joblog.empty()) {
    parts.joblog =
        std::make_unique<JobLog>(options.joblog, resume == Resume::none ? JobLog::Mode::replace : JobLog::Mode::append);
  }
  if (!options.results.empty()) parts.results.emplace(options.results);
  Display display{display_options(options)};
  parts.count_first = halt.percent || display.wants_progress();
  ExecFleet fleet{connection.client(), *executor, fleet_setup,
                  [&] { return nobody_serves(connection, options.submit.queue); }};
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
      program.app.add_subcommand("map", "Run a command for each argument, on the workers, as GNU parallel does");
  auto options = std::make_shared<MapOptions>();
  program.help.usage(*command, "forkmill map [OPTIONS] [COMMAND…] [::: ARG…]… [:::: FILE…]… < ARGUMENTS");
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
      throw CLI::ValidationError{"map has no option " + options->words[0]};
    }
    program.action = [program, options] { return map(*options, program.connection); };
  });
}

}  // namespace forkmill::cli
