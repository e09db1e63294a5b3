#include "client/cli/commands/exec_fleet.h"

#include <signal.h>

#include <cstring>
#include <utility>

#include "client/cli/errors/report.h"

namespace forkmill::cli {

namespace {

// Only the first line of the report is shown, so that the messages of many jobs stay readable.
Outcome failed(const std::exception_ptr& error) {
  Outcome outcome;
  outcome.exit_code = -1;
  const auto text = report_of(error).text;
  outcome.problem = text.substr(0, text.find('\n'));
  return outcome;
}

// MapRun counts the tries, because the broker would also retry an attempt that exceeded --timeout.
SubmitOptions single_attempt(SubmitOptions options) {
  options.max_attempts = 1;
  return options;
}

}  // namespace

Outcome outcome_of(ExecResult result) {
  Outcome outcome;
  outcome.exit_code = result.signal != 0 ? -1 : result.exit_code;
  outcome.signal = result.signal;
  outcome.out = std::move(result.out);
  outcome.err = std::move(result.err);
  outcome.host = std::move(result.host);
  outcome.started_at = result.started_at;
  outcome.run_seconds = result.run_seconds;
  if (result.signal != 0) {
    outcome.problem = "killed by signal " + std::to_string(result.signal) + " (" + ::strsignal(result.signal) + ")";
  }
  if (result.out_truncated || result.err_truncated) {
    outcome.exit_code = -1;
    outcome.retriable = false;
    outcome.problem = std::string{result.out_truncated ? "stdout" : "stderr"} +
                      " was cut off at --output-limit; raise it, or let the command write to a file";
  }
  return outcome;
}

Outcome outcome_of(const std::exception_ptr& error, bool cancelling) {
  auto outcome = failed(error);
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    outcome.cancelled = cancelling;
    outcome.retriable = false;
  } catch (const Timeout&) {
    outcome.signal = SIGTERM;
    outcome.problem = "stopped by --timeout";
  } catch (const WorkerLost& lost) {
    outcome.host = lost.worker();
    outcome.signal = lost.signal();
    outcome.lost = true;
  } catch (const RemoteError& remote) {
    outcome.host = remote.worker();
  } catch (const Disconnected&) {
    outcome.retriable = false;
  } catch (const std::exception&) {
    return outcome;
  }
  return outcome;
}

ExecFleet::ExecFleet(Client& client, LoopExecutor& executor, Options options, std::function<std::string()> stall_reason)
    : executor_{executor},
      submitter_{client.with(single_attempt(options.submit))},
      options_{std::move(options)},
      stall_reason_{std::move(stall_reason)} {}

void ExecFleet::run(const Job& job) {
  ExecRequest request;
  request.argv = job.argv;
  request.shell = options_.shell;
  request.cwd = options_.cwd;
  request.env = options_.env;
  request.output_limit = options_.output_limit;
  try {
    auto& future = running_[job.seq] = submitter_.submit(kExec, std::move(request));
    (void)future.finally([this, seq = job.seq] { ended(seq); });
  } catch (const Error&) {
    running_.erase(job.seq);
    add(job.seq, outcome_of(std::current_exception(), cancelling_));
  }
}

void ExecFleet::ended(std::uint64_t seq) {
  auto node = running_.extract(seq);
  try {
    add(seq, outcome_of(std::move(node.mapped()).get()));
  } catch (...) {
    add(seq, outcome_of(std::current_exception(), cancelling_));
  }
}

void ExecFleet::cancel_all() {
  cancelling_ = true;
  for (const auto& [seq, future] : running_) future.cancel();
}

std::vector<std::pair<std::uint64_t, Outcome>> ExecFleet::drain() {
  executor_.run();
  return std::exchange(ended_, {});
}

std::optional<std::string> ExecFleet::stall_reason() {
  const auto text = stall_reason_();
  return text.empty() ? std::nullopt : std::optional{text};
}

}  // namespace forkmill::cli
