#include "client/cli/commands/map/exec_fleet.h"

#include <signal.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "client/cli/commands/trace.h"
#include "client/cli/errors/report.h"
#include "client/cli/errors/start_error.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/label.h"
#include "client/cli/text/values.h"
#include "client/cli/views/cluster.h"

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

constexpr std::chrono::seconds kAnswerTimeout{1};
constexpr std::uint32_t kMaxListed = 1000;  // running tasks that the broker is asked for
constexpr const char* kStoppedByTimeout = "stopped by --timeout";

double now_in_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// MapRun counts the tries. The run itself reports its failures, so that the broker need not keep them.
SubmitOptions single_attempt(SubmitOptions options) {
  options.max_attempts = 1;
  options.dead_letter = false;
  add_headers(options);
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
  if (result.timed_out) {
    outcome.exit_code = -1;
    outcome.signal = SIGTERM;
    outcome.problem = kStoppedByTimeout;
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
    outcome.problem = kStoppedByTimeout;
  } catch (const WorkerLost& lost) {
    outcome.host = lost.worker();
    outcome.signal = lost.signal();
    outcome.lost = true;
  } catch (const RemoteError& remote) {
    outcome.host = remote.worker();
    outcome.no_folder = is_folder_error(remote);
    if (const auto unstarted = start_error(remote); unstarted && !outcome.no_folder) {
      outcome.exit_code = static_cast<int>(unstarted->code());
      outcome.started_at = now_in_seconds();
    }
  } catch (const Disconnected&) {
    outcome.retriable = false;
  } catch (const std::exception&) {
    return outcome;
  }
  return outcome;
}

ExecFleet::ExecFleet(Client& client, LoopExecutor& executor, Options options)
    : client_{client}, executor_{executor}, submit_{single_attempt(options.submit)}, options_{std::move(options)} {}

void ExecFleet::run(const Job& job) {
  ExecRequest request;
  request.argv = job.argv;
  request.shell = options_.shell.empty();
  if (!request.shell && options_.shell != kNoShell) request.argv = {options_.shell, "-c", job.command};
  request.stdin_data = job.input;
  request.cwd = options_.cwd;
  request.env = options_.env;
  request.env["PARALLEL_SEQ"] = std::to_string(job.seq);
  request.env["PARALLEL_JOBSLOT"] = std::to_string(job.slot);
  request.output_limit = options_.output_limit;
  request.timeout_ms = static_cast<std::uint64_t>(job.timeout.count());
  request.umask = options_.umask;
  try {
    if (!client_.seals(submit_.queue)) submit_.label = command_label(job.command);  // the broker can read labels
    auto& future = running_[job.seq] = client_.with(submit_).submit(kExec, std::move(request));
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
    auto outcome = outcome_of(std::current_exception(), cancelling_);
    if (outcome.no_folder) {
      outcome.cancelled = true;
      if (options_.cwd_implied) outcome.problem += ", the folder that this run was started in";
    }
    add(seq, std::move(outcome));
  }
}

void ExecFleet::cancel_all() {
  cancelling_ = true;
  for (const auto& [seq, future] : running_) future.cancel();
}

void ExecFleet::cancel_waiting() {
  cancelling_ = true;
  for (const auto& [seq, future] : running_) (void)client_.cancel_unless_started(future.id());
}

std::vector<std::pair<std::uint64_t, Outcome>> ExecFleet::drain() {
  executor_.run();
  return std::exchange(ended_, {});
}

// A broker that is stopped keeps its connections for a while, and does not answer.
bool ExecFleet::reachable() const {
  const bool silent = status_ && !status_->ready() && std::chrono::steady_clock::now() - asked_ > kAnswerTimeout;
  return client_.connected() && !silent;
}

std::optional<std::string> ExecFleet::stall_reason() {
  if (!status_) {
    status_ = client_.query(QueryKind::status);
    asked_ = std::chrono::steady_clock::now();
  }
  if (!status_->ready()) return std::nullopt;
  auto answer = std::exchange(status_, std::nullopt);
  try {
    const auto reason = unserved_reason(json_from_msgpack(std::move(*answer).get().bytes), std::string{kExec.name()},
                                        options_.submit.queue);
    if (reason.empty()) return std::nullopt;
    return "waiting: " + reason + "\n  fix: start a worker that runs commands: " + options_.worker_command;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void ExecFleet::list_running(Show show) {
  Query query{.kind = QueryKind::tasks, .argument = {}, .filter = {}};
  query.filter.state = "running";
  query.filter.queue = options_.submit.queue;
  query.filter.most = kMaxListed;
  (void)client_.query(query).then(
      [this, show = std::move(show)](const RawResult& answer) { show(jobs_among(answer.bytes)); });
}

// The jobs among the tasks of an answer, in their order.
std::vector<std::uint64_t> ExecFleet::jobs_among(const std::string& tasks) const {
  std::set<std::string> ids;
  for (const auto& row : value_of(json_from_msgpack(tasks), "tasks")) ids.insert(text_of(row, "id"));
  std::vector<std::uint64_t> seqs;
  for (const auto& [seq, future] : running_) {
    if (ids.contains(future.id().to_string())) seqs.push_back(seq);
  }
  std::sort(seqs.begin(), seqs.end());
  return seqs;
}

}  // namespace forkmill::cli
