#include "client/cli/commands/map/options.h"

#include <charconv>
#include <limits>

#include "client/cli/commands/command.h"
#include "client/cli/map/input/escapes.h"
#include "proto/limits.h"
#include "proto/settings/quantities.h"

namespace forkmill::cli {

namespace {

using Call = std::function<void(const std::string&)>;

CLI::Option* add_text(CLI::App& command, const std::string& name, std::string& value, const char* type,
                      const std::string& help) {
  return command.add_option(name, value, help)->type_name(type)->allow_extra_args(false);
}

CLI::Option* add_call(CLI::App& command, const std::string& name, const char* type, const Call& call,
                      const std::string& help) {
  return command.add_option_function<std::string>(name, call, help)->type_name(type);
}

CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& values, const char* type,
                      const std::string& help) {
  return command.add_option(name, values, help)->type_name(type)->allow_extra_args(false);
}

std::size_t whole_number(const std::string& name, const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    throw CLI::ValidationError{name, "'" + text + "' is not a whole number"};
  return number;
}

void add_sources(CLI::App& command, MapOptions::Input& input) {
  command.option_defaults()->group("Input");
  add_list(command, "-a,--arg-file", input.files, "FILE", "Read arguments from FILE, like :::: FILE; repeatable");
  command.add_flag_callback(
      "-0,--null", [&input] { input.delimiter = std::string(1, '\0'); },
      "Input lines end with a NUL byte, as find -print0 writes them");
  add_call(
      command, "-d,--delimiter", "TEXT", [&input](const std::string& text) { input.delimiter = unescaped(text); },
      "Input lines end with TEXT, such as ',' or '\\t' or '\\0'");
  add_text(command, "-C,--colsep", input.colsep, "REGEX",
           "Split each argument into {1} {2} ... at this regular expression, such as '\\t' or ' +'");
  command.add_flag("-r,--no-run-if-empty", input.skip_empty, "Skip arguments that are empty or blank");
  command.add_flag("--link", input.link, "Advance all sources together, and repeat the shorter ones");
  command.add_flag("--shuf", input.shuffle, "Run the jobs in random order");
}

void add_packing(CLI::App& command, MapOptions::Input& input) {
  add_call(
      command, "-N,--max-replace-args", "N",
      [&input](const std::string& text) {
        input.max_args = whole_number("-N", text);
        input.replace_args = true;
      },
      "Give N arguments to each job, as {1} to {N}; 0: run one job per argument, and do not pass it");
  add_call(
      command, "-n,--max-args", "N",
      [&input](const std::string& text) { input.max_args = std::max<std::size_t>(1, whole_number("-n", text)); },
      "Give at most N arguments to each job");
  command.add_flag("-X", input.context,
                   "Give as many arguments to each job as fit, and repeat words with {} for each argument");
  command.add_flag("-m,--xargs", input.xargs, "Give as many arguments to each job as fit, in place of {}");
}

void add_header(CLI::App& command, MapOptions& options) {
  add_call(
      command, "--header", "LINES",
      [&options](const std::string& text) {
        options.input.header = text == ":";
        options.pipe.header_lines = text == ":" ? 1 : whole_number("--header", text);
      },
      "With ':', the first argument of each source names its replacement string: {NAME}. With --pipe, repeat the "
      "first line, or LINES lines, at the beginning of each block");
}

void add_pipe(CLI::App& command, MapOptions::Pipe& pipe) {
  command.option_defaults()->group("Input by blocks");
  command.add_flag("--pipe", pipe.on,
                   "Cut standard input into blocks of whole lines; each block is the input of a job");
  add_size(command, "--block", pipe.block, "Size of a block; with -N, blocks have N records instead [default: 1M]");
  add_call(
      command, "--recend", "TEXT", [&pipe](const std::string& text) { pipe.end = unescaped(text); },
      "A record ends with TEXT [default: '\\n']");
  add_call(
      command, "--recstart", "TEXT", [&pipe](const std::string& text) { pipe.start = unescaped(text); },
      "A record begins with TEXT");
}

void add_command(CLI::App& command, MapOptions::Command& options) {
  command.option_defaults()->group("Command");
  add_text(command, "-I,--replace", options.replace, "TEXT", "Write TEXT instead of {} for the argument");
  command.add_flag(
      "--plus", options.plus,
      "Add replacement strings: {..} {...} {+/} {+.} {%END} {#START} {/OLD/NEW} {:-DEFAULT} {:FROM:COUNT}");
  command.add_flag("-q,--quote", options.quote, "Run COMMAND without a shell; each of its words is one argument");
  add_text(command, "--shell", options.shell, "SHELL", "Shell that runs COMMAND, such as bash [default: sh]");
  add_text(command, "--wd", options.workdir, "DIR",
           "Working directory of the commands [default: this one if the broker is on this machine]");
  add_list(command, "--env", options.env, "NAME",
           "Pass this environment variable, or function of bash, to the commands; repeatable");
  command.add_flag("--env-all", options.env_all, "Pass all environment variables to the commands");
}

void add_output(CLI::App& command, MapOptions::Output& output) {
  command.option_defaults()->group("Output");
  command.add_flag("-k,--keep-order", output.keep_order, "Print the output in the order of the input");
  command.add_flag("--tag", output.tag, "Start each line of output with the argument and a tab");
  command.add_option("--tagstring", output.tagstring, "Start each line of output with TEXT, such as '{#}', and a tab")
      ->type_name("TEXT");
  command.add_flag("-v,--verbose", output.verbose, "Print each command before its output");
  add_raw(command, output.raw);
  command.add_flag("--bar", output.bar, "Show a progress bar on a terminal");
  command.add_flag("--eta", output.eta, "Show the progress on a terminal, without a bar");
  command.add_flag("--dry-run", output.dry_run, "Print the commands without running them");
  add_size(command, "--output-limit", output.limit,
           "Maximum output of a job to each of stdout and stderr; a job with more fails [default: 16M]");
}

void add_log(CLI::App& command, MapOptions::Log& log) {
  command.option_defaults()->group("Results and logs");
  add_text(command, "--results", log.results, "PATH",
           "Also write the output to PATH/1/ARG/stdout, stderr and seq; only to a table if PATH ends in .csv, .tsv or "
           ".json; to PATH, PATH.err and PATH.seq if PATH has replacement strings");
  add_text(command, "--joblog", log.joblog, "FILE",
           "Write a line of tab-separated fields for each job that has ended; - is stdout, +FILE appends");
  add_text(command, "--report", log.report, "FILE",
           "Write a page about the run, in HTML, when it has ended: times, failures, what ran where");
  command.add_flag("--resume", log.resume, "Skip the commands that are in the job log, and append to it");
  command.add_flag("--resume-failed", log.resume_failed,
                   "Skip only the commands that have succeeded, and append to the job log");
  command.add_flag("--retry-failed", log.retry_failed,
                   "Run the commands that have failed by the job log, without input, and append to it");
}

void add_limits(CLI::App& command, MapOptions::Run& run) {
  command.option_defaults()->group("Execution");
  add_call(
      command, "-j,-P,--jobs", "N",
      [&run](const std::string& text) {
        const auto jobs = JobCount::parse(text);
        if (!jobs) {
          throw CLI::ValidationError{"--jobs", "'" + text +
                                                   "' is not a number of jobs; write 8, 0 (as many as "
                                                   "possible), +2, -1 or 50%, at most 100000"};
        }
        run.jobs = *jobs;
      },
      "Maximum jobs submitted at a time; the workers decide how many run. +N, -N and N% refer to their processes "
      "[default: 512; with --halt 100%]");
  add_duration(command, "--delay", run.delay, "Pause between the starts of two jobs [default: none]");
  add_number(command, "--retries", run.retries, 1U, proto::limits::kMaxAttempts,
             "Run a failing job up to N times in all");
  add_call(
      command, "--timeout", "DURATION",
      [&run](const std::string& text) {
        const auto limit = proto::parse_duration(text);
        const bool percent = text.ends_with('%');
        double value = 0;
        const auto* const end = text.data() + text.size() - (percent ? 1 : 0);
        const bool number = percent && std::from_chars(text.data(), end, value, std::chars_format::fixed).ptr == end;
        if ((!limit && !number) || (number && value <= 0) || (limit && *limit > proto::limits::kMaxDuration)) {
          throw CLI::ValidationError{"--timeout", "'" + text + "' is not a duration of at most 366 days; write " +
                                                      proto::kDurationExamples + ", or 200%"};
        }
        run.timeout = limit.value_or(std::chrono::milliseconds{0});
        run.timeout_percent = value;
      },
      "Stop a job that runs longer, which counts as failed; N%: of the median run time [default: none]");
  add_text(
      command, "--halt", run.halt, "RULE",
      "When to stop early: never, or now|soon,fail|success|done=N|X%; now and soon alone mean fail=1 [default: never]");
}

void add_queueing(CLI::App& command, SubmitOptions& submit) {
  add_text(command, "--queue", submit.queue, "NAME", "Queue of the jobs [default: default]");
  add_number(command, "--priority", submit.priority, proto::limits::kMinPriority, proto::limits::kMaxPriority,
             "Priority; higher priorities run first");
  add_durability(command, submit.durability);
}

}  // namespace

void add_map_options(CLI::App& command, MapOptions& options) {
  add_sources(command, options.input);
  add_header(command, options);
  add_packing(command, options.input);
  add_pipe(command, options.pipe);
  add_command(command, options.command);
  add_output(command, options.output);
  add_log(command, options.log);
  add_limits(command, options.run);
  add_queueing(command, options.run.submit);
}

}  // namespace forkmill::cli
