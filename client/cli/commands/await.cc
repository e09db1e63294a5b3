#include "client/cli/commands/await.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "client/cli/commands/tasks.h"
#include "client/cli/errors/command_error.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/values.h"

namespace forkmill::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kFirstReport = 1s;  // after this time, a task that no worker can run is reported
constexpr auto kReportPause = 5s;  // between two looks at a task that may become one
constexpr auto kPatience = 3s;     // with a broker that is away, before that is reported
constexpr int kMaxPollMs = 1000;

// "is running on worker vm-4711", "waits: no worker has task mail.send"
std::string state_text(const Json& task) {
  std::string text = text_of(task, "state");
  if (text == "ready") {
    const auto reason = text_of(task, "reason");
    return reason.empty() ? "waits for a worker" : "waits: " + reason;
  }
  text.insert(0, "is ");
  if (const auto worker = text_of(task, "worker"); text == "is running" && !worker.empty())
    text += " on worker " + worker;
  if (const auto reason = text_of(task, "reason"); !reason.empty()) text += ": " + reason;
  return text;
}

// Throws if the broker has not accepted the task. A task that has ended already, in any way, was accepted.
void throw_if_not_accepted(Future<RawResult>& future) {
  if (!future.ready() || future.successful()) return;
  try {
    (void)future.get();
  } catch (const Rejected&) {
    throw;
  } catch (const Disconnected&) {
    throw;
  } catch (const Error&) {
  }
}

}  // namespace

TaskWait::TaskWait(const ConnectionOptions& options, std::string wait_command)
    : wait_command_{std::move(wait_command)},
      connect_timeout_{options.connect_timeout},
      connection_{options, executor_, &signals_, Connection::OnLoss::wait} {}

RawResult TaskWait::result(Future<RawResult> future, std::chrono::milliseconds timeout) {
  wait(future, timeout.count() > 0 ? Clock::now() + timeout : Clock::time_point::max());
  return std::move(future).get();
}

void TaskWait::accepted(Future<RawResult>& future) {
  const auto id = future.id();
  while (future.state() == FutureState::pending && !future.wait_for(1ms)) {
    check_signals(id);
    const auto now = Clock::now();
    watch_broker(now);
    if (away_since_ && now - *away_since_ > connect_timeout_)
      give_up(id, ExitCode::unreachable, "the broker has gone before it has said that it has accepted the task");
  }
}

void TaskWait::watch_broker(Clock::time_point now) {
  if (connection_.client().connected()) {
    away_since_.reset();
    if (std::exchange(outage_reported_, false)) std::fputs("forkmill: the broker answers again\n", stderr);
    return;
  }
  if (!away_since_) away_since_ = now;
  if (now - *away_since_ >= kPatience && !std::exchange(outage_reported_, true))
    std::fputs("forkmill: waiting: the broker does not answer; interrupt to stop waiting\n", stderr);
}

void TaskWait::wait(Future<RawResult>& future, Clock::time_point deadline) {
  const auto id = future.id();
  const auto done = std::make_shared<bool>(false);
  (void)future.finally([done] { *done = true; });
  auto report_at = Clock::now() + kFirstReport;
  for (;;) {
    executor_->run();
    if (*done) return;
    check_signals(id);
    const auto now = Clock::now();
    if (now >= deadline) give_up(id, ExitCode::timed_out, "gave up waiting, but the work itself goes on");
    watch_broker(now);
    if (now >= report_at && !away_since_)
      report_at = report_unserved(id) ? Clock::time_point::max() : now + kReportPause;
    const auto next = away_since_ ? deadline : std::min(deadline, report_at);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    std::array<pollfd, 2> entries{pollfd{.fd = executor_->fd(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
    ::poll(entries.data(), entries.size(), static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kMaxPollMs)));
  }
}

bool TaskWait::report_unserved(const TaskId& id) {
  try {
    const auto task = ask_task(connection_, id.to_string());
    if (text_of(task, "state") != "ready") return false;
    const auto reason =
        unserved_reason(connection_.ask(QueryKind::status), text_of(task, "name"), text_of(task, "queue"));
    if (reason.empty()) return false;
    std::fprintf(stderr,
                 "forkmill: waiting: %s\n  fix: start such a worker; `forkmill worker ls` lists the present ones\n",
                 reason.c_str());
    return true;
  } catch (const std::exception&) {
    return false;  // the broker is away; the wait itself reports that when it ends
  }
}

void TaskWait::check_signals(const TaskId& id) {
  constexpr int kFirstSignalStatus = 128;
  if (const int signal = signals_.pop())
    give_up(id, static_cast<ExitCode>(kFirstSignalStatus + signal), "interrupted, but the work itself goes on");
}

void TaskWait::give_up(const TaskId& id, ExitCode code, const std::string& why) {
  const auto name = id.to_string();
  std::string state = "has an unknown state, because the broker does not answer";
  try {
    if (!away_since_) state = state_text(ask_task(connection_, name));
  } catch (const CommandError&) {
  } catch (const Error&) {
    throw CommandError{code, "interrupted before the broker has accepted task " + name};
  }
  throw CommandError{code, why + ": task " + name + " " + state,
                     "wait for it with `forkmill " + wait_command_ + " " + name +
                         "`, or cancel it with `forkmill task cancel " + name + "`"};
}

int print_when_done(TaskWait& wait, Future<RawResult> future, std::chrono::milliseconds timeout) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  const auto bytes = wait.result(std::move(future), timeout).bytes;
  return print_stdout(json_from_msgpack(bytes).dump(-1, ' ', false, kReplace) + "\n");
}

int print_accepted(TaskWait& wait, Future<RawResult>& future) {
  wait.accepted(future);
  throw_if_not_accepted(future);
  const auto id = future.id().to_string();
  try {
    return print_stdout(id + "\n");
  } catch (const CommandError& error) {
    const std::string what = error.what();
    throw CommandError{error.code(), what.empty() ? "standard output is closed" : what,
                       "the broker has accepted the task as " + id};
  }
}

}  // namespace forkmill::cli
