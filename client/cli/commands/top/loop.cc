#include "client/cli/commands/top/loop.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/tasks.h"
#include "client/cli/os/loop_executor.h"
#include "client/cli/os/signals.h"
#include "client/cli/text/answers.h"
#include "client/cli/text/sealed.h"
#include "client/cli/text/values.h"
#include "client/cli/top/model.h"
#include "client/cli/top/screen.h"

namespace forkmill::cli {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kShortestInterval{100};
constexpr std::chrono::milliseconds kLookAtConnection{250};
constexpr int kMostOutstanding = 8;  // questions

Json answer_of(const Query& query, const std::string& bytes, const std::string& seal_keys) {
  return query.kind == QueryKind::task ? task_from_msgpack(bytes, seal_keys) : json_from_msgpack(bytes);
}

std::string answer_to_cancel(CancelState state) {
  switch (state) {
    case CancelState::cancelled:
      return "the task was cancelled";
    case CancelState::requested:
      return "the running task was asked to stop";
    case CancelState::finished:
      return "the task had ended";
    default:
      return "there is no such task";
  }
}

std::string answer_to_drain(const Json& body) {
  std::string text;
  for (const auto& row : value_of(body, "workers"))
    text += (text.empty() ? "" : ", ") + text_of(row, "name") + ": " + text_of(row, "answer");
  return text.empty() ? "there is no such worker" : text;
}

class Top {
 public:
  Top(const ConnectionOptions& connection, std::chrono::milliseconds interval)
      : interval_{std::max(interval, kShortestInterval)},
        connection_{connection, executor_, &signals_, Connection::OnLoss::wait},
        model_{connection_.client().endpoint()} {}

  int run() {
    while (!is_over_) {
      model_.set_connected(connection_.client().connected());
      if (outstanding_ == 0 && SteadyClock::now() >= next_) ask();
      screen_.paint(model_.draw(screen_.width(), screen_.height()));
      wait();
      handle_signals();
      executor_->run();
      while (const auto key = screen_.read()) carry_out(model_.press(*key));
    }
    return 0;
  }

 private:
  void ask() {
    next_ = SteadyClock::now() + interval_;
    if (outstanding_ >= kMostOutstanding) return;
    for (const auto& query : model_.wanted()) ask(query);
  }

  void ask(const Query& query) {
    ++outstanding_;
    connection_.client()
        .query(query)
        .then([this, query](const RawResult& raw) {
          const auto answer = answer_of(query, raw.bytes, connection_.seal_keys());
          if (const auto more = model_.told(query, answer, unix_now().count())) ask(*more);
        })
        .on_error([this, query](const Error& error) { model_.failed(query, error.what()); })
        .finally([this] { --outstanding_; });
  }

  void carry_out(const TopOrder& order) {
    switch (order.kind) {
      case TopOrder::Kind::none:
        return;
      case TopOrder::Kind::quit:
        is_over_ = true;
        return;
      case TopOrder::Kind::refresh:
        return ask();
      case TopOrder::Kind::cancel_task:
        return cancel(order.target);
      case TopOrder::Kind::drain_worker:
        return drain(order.target);
    }
  }

  void cancel(const std::string& text) {
    const auto id = TaskId::parse(text);
    if (!id) return model_.say("there is no such task");
    model_.say("asked");
    connection_.client()
        .cancel(*id)
        .then([this](CancelState state) { answered(answer_to_cancel(state)); })
        .on_error([this](const Error& error) { answered(error.what()); });
  }

  void drain(const std::string& name) {
    model_.say("asked");
    connection_.client()
        .command(SteerWorkers{.action = WorkerAction::drain, .name = name})
        .then([this](const RawResult& raw) { answered(answer_to_drain(json_from_msgpack(raw.bytes))); })
        .on_error([this](const Error& error) { answered(error.what()); });
  }

  void answered(std::string text) {
    model_.say(std::move(text));
    next_ = {};
  }

  void wait() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - SteadyClock::now());
    const bool waits_for_answers = outstanding_ > 0;
    const auto time =
        waits_for_answers ? kLookAtConnection : std::clamp(left, std::chrono::milliseconds{0}, kLookAtConnection);
    std::array<pollfd, 3> fds{{{STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {executor_->fd(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(time.count()));
    // The terminal has gone.
    if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) throw CommandError{ExitCode::interrupted, ""};
  }

  void handle_signals() {
    while (const int signal = signals_.pop()) {
      if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) throw CommandError{ExitCode::interrupted, ""};
      if (signal == SIGTSTP) screen_.suspend();
      screen_.resize();
    }
  }

  const std::chrono::milliseconds interval_;
  // Blocks the signals before the client starts threads.
  Signals signals_{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
  std::shared_ptr<LoopExecutor> executor_ = std::make_shared<LoopExecutor>();
  Connection connection_;
  TopModel model_;
  TopScreen screen_{};
  SteadyClock::time_point next_{};  // when the broker is asked again
  int outstanding_ = 0;             // questions that are not answered
  bool is_over_ = false;
};

}  // namespace

int run_top(const ConnectionOptions& connection, std::chrono::milliseconds interval) {
  TopScreen::check_terminal();
  return Top{connection, interval}.run();
}

}  // namespace forkmill::cli
