// Context: the attempt that a handler runs, and the handler's way to talk while it runs. A handler that takes a
// `Context&` as its first parameter gets one:
//
//     worker.on(kRender, [](forkmill::Context& context, Scene scene) {
//       for (int i = 0; i < scene.frames; ++i) {
//         if (context.stop_token().stop_requested()) throw std::runtime_error{"stopped"};
//         render(scene, i);
//         context.progress(double(i) / scene.frames, "frame " + std::to_string(i));
//       }
//     });
//
// Lifetime: until the handler returns or throws. Threads: every member may be called from any thread that the handler
// started, until then. No member waits for the broker; progress() and log() wait while the worker's link process has
// not read what was reported before.
//
// Context is an abstract class, so that a unit test can call a handler with a context of its own.
#pragma once

#include <forkmill/task_id.h>

#include <compare>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

namespace forkmill {

// FencingToken: names one attempt of one task. Tokens of one task rise from attempt to attempt, also across restarts of
// the broker. Give the token to the resource that the handler changes and let it refuse a token below the highest that
// it has seen: an attempt that was given up as dead, but lives, then cannot overwrite the work of its successor.
//
// Compares by epoch, then seq, then attempt; only tokens of one task are worth comparing. (The idea: M. Kleppmann, How
// to do distributed locking, 2016.)
struct FencingToken {
  // Start of the broker; rises with each.
  std::uint64_t epoch = 0;
  // The broker's number of the task.
  std::uint64_t seq = 0;
  // Number of the attempt, from 1.
  std::uint32_t attempt = 0;

  friend constexpr auto operator<=>(const FencingToken&, const FencingToken&) = default;
  // The token as text, "EPOCH-SEQ-ATTEMPT": "3-1042-1".
  std::string to_string() const {
    return std::to_string(epoch) + "-" + std::to_string(seq) + "-" + std::to_string(attempt);
  }
};

// Severity of a line of Context::log(); WorkerOptions::log_level says which are shown.
enum class LogLevel : std::uint8_t { debug, info, warning, error };

class Context {
 public:
  // Contexts are made by the worker, or by a test; neither copyable nor movable.
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  virtual ~Context() = default;

  // Tells the submitter how far the work is; Future::on_progress() and progress() show it there. fraction: 0 to 1;
  // values beyond are moved to the nearer end, and NaN counts as 0. note: for people, cut after 1,024 bytes. Cheap: of
  // reports within 50 ms only the last is sent, and a report may be lost with a connection.
  virtual void progress(double fraction, std::string_view note = {}) = 0;

  // The token that is set when the handler should stop: the submitter has cancelled, the soft time limit or the time
  // limit has passed, the worker's drain timeout has passed, or the broker has given the task to another worker. A
  // handler that does not return then is ended by signals:
  //
  //     cancelled, drained, given away   SIGTERM after WorkerOptions::kill_grace, SIGKILL after the same time again
  //     over SubmitOptions::timeout      SIGTERM at once, SIGKILL after kill_grace
  //     over soft_timeout                none
  //
  // A handler that returns has succeeded, unless the task was given away. If it throws, the submitter sees:
  //
  //     cancelled                        Cancelled
  //     over SubmitOptions::timeout      Timeout{timed_out}, or another attempt after the backoff
  //     drained                          another attempt at once, or WorkerLost
  //     given away                       nothing: the other worker reports
  //     over soft_timeout                the exception, like any other
  //
  // Each call in one attempt returns a token of the same stop state. The first call in a child starts a thread, on
  // which stop callbacks run; a child whose handlers never call it has one thread only.
  //
  //     worker.on(kTwice, [](forkmill::Context& context, int n) {
  //       const auto stop = context.stop_token();
  //       for (int i = 0; i < n; ++i)
  //         if (stop.stop_requested()) throw std::runtime_error{"asked to stop"};
  //       return 2 * n;
  //     });
  virtual std::stop_token stop_token() const = 0;

  // Number of this attempt of the task, from 1.
  virtual std::uint32_t attempt() const = 0;
  // The token that names this attempt.
  //
  //     worker.on(kSquare, [](forkmill::Context& context, int n) {
  //       std::cout << "attempt " << context.fencing_token().to_string();   // hand it to what the handler changes
  //       return n * n;
  //     });
  virtual FencingToken fencing_token() const = 0;
  // Id of the task, the same in all its attempts.
  virtual TaskId task_id() const = 0;
  // Name of the queue from which the task came.
  virtual const std::string& queue() const = 0;
  // Headers of the task, as SubmitOptions::headers had them; the same in all its attempts, but that `traceparent` names
  // the span of this attempt if WorkerOptions::attempt_spans is on. A context of a test has none unless it says
  // otherwise.
  //
  //     worker.on(kSquare, [](forkmill::Context& context, int n) {
  //       const auto& headers = context.headers();
  //       if (const auto parent = headers.find("traceparent"); parent != headers.end()) std::cout << parent->second;
  //       return n * n;
  //     });
  virtual const std::map<std::string, std::string>& headers() const {
    static const std::map<std::string, std::string> none;
    return none;
  }

  // Writes a line to the worker's log, with the task's name and id beside it, and to the log of this attempt, which
  // `forkmill task logs` shows behind what the handler has printed before. Cut after 16 KiB. The second form has level
  // info.
  virtual void log(LogLevel level, std::string_view text) = 0;
  void log(std::string_view text) { log(LogLevel::info, text); }

  // Returns 64 random bits from the operating system, others on each call: for seeding a generator. Children are forked
  // from one process, so std::rand() and every generator seeded before Worker::run() give the same numbers in each.
  //
  //     worker.on(kSquare, [](forkmill::Context& context, int n) {
  //       std::srand(unsigned(context.random_seed()));            // other numbers than in any other child
  //       return n * n + std::rand() % 2;
  //     });
  virtual std::uint64_t random_seed() = 0;
};

}  // namespace forkmill
