// Context: what a handler may ask about the attempt it runs, and how it talks while it runs. A handler that takes a
// `Context&` first gets one:
//
//     worker.on(kRender, [](forkmill::Context& context, Scene scene) {
//       for (int i = 0; i < scene.frames; ++i) {
//         if (context.stop_token().stop_requested()) throw std::runtime_error{"stopped"};
//         render(scene, i);
//         context.progress(double(i) / scene.frames, "frame " + std::to_string(i));
//       }
//     });
//
// Lifetime: until the handler returns. Thread safety: every member may be called from any thread that the handler
// started, as long as the handler has not returned.
// An abstract class, so that a test of yours can call a handler with a context of its own.
#pragma once

#include <forkmill/task_id.h>

#include <compare>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace forkmill {

// One execution of one task. Tokens of one task rise from attempt to attempt, and across restarts of the broker: give
// the token to the resource that the handler changes, and let it refuse a token lower than one it has seen. Then an
// attempt that everybody believes dead cannot overwrite the work of its successor.
struct FencingToken {
  std::uint64_t epoch = 0;    // start of the broker
  std::uint64_t seq = 0;      // the broker's number of the task
  std::uint32_t attempt = 0;  // from 1

  friend constexpr auto operator<=>(const FencingToken&, const FencingToken&) = default;
  std::string to_string() const {  // "3-1042-1"
    return std::to_string(epoch) + "-" + std::to_string(seq) + "-" + std::to_string(attempt);
  }
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };

class Context {
 public:
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  virtual ~Context() = default;

  // Tells the submitter how far the work is: 0 to 1 (others are moved to the nearer end, NaN counts as 0), and a note
  // of at most 1024 bytes (longer ones are cut). Cheap; of reports in quick succession only the last may arrive.
  virtual void progress(double fraction, std::string_view note = {}) = 0;

  // Asked to stop when the submitter cancels, the soft time limit passes or the worker shuts down. A handler that
  // ignores it is ended by SIGTERM and then SIGKILL when a hard limit, a cancellation or the drain time-out calls for
  // it.
  virtual std::stop_token stop_token() const = 0;

  // From 1.
  virtual std::uint32_t attempt() const = 0;
  virtual FencingToken fencing_token() const = 0;
  virtual TaskId task_id() const = 0;
  virtual const std::string& queue() const = 0;

  // A line in the worker's log, with the task's id and name beside it. Longer than 16 KiB is cut.
  virtual void log(LogLevel level, std::string_view text) = 0;
  void log(std::string_view text) { log(LogLevel::info, text); }

  // 64 bits nobody else has: for seeding a generator of the handler's own. Children are forked from one process, so
  // std::rand() and every generator that was seeded before run() give the same numbers in each of them.
  virtual std::uint64_t random_seed() = 0;
};

}  // namespace forkmill
