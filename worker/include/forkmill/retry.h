// Retry: thrown by a handler to say "not now, try again".
//
//     worker.on(kGreet, [](const std::string& name) {
//       if (!server.reachable()) throw forkmill::Retry{"server is away", 30s};
//       return "Hello, " + name;
//     });
//
// The attempt ends and counts. While SubmitOptions::max_attempts allows another one, the task goes back to its queue
// and is started after the pause, on any worker that has the handler; SubmitOptions::retry_errors does not matter.
// After the last attempt, and in a task submitted with at_most_once, the submitter gets a RemoteError with the type
// "forkmill::Retry" and the reason as its message. A cancelled task is not tried again.
//
// Derive from Retry to add a type of your own. Copyable; each object belongs to one thread at a time.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace forkmill {

class Retry : public std::exception {
 public:
  // Asks for another attempt after the pause that the task's SubmitOptions::backoff gives. reason: for people, cut
  // after 16 KiB.
  explicit Retry(std::string reason = "the handler asked for another attempt") : reason_{std::move(reason)} {}
  // Asks for another attempt no sooner than delay from now, instead of the backoff; 366 days at most. A negative delay
  // counts as zero.
  Retry(std::string reason, std::chrono::milliseconds delay) : reason_{std::move(reason)}, delay_{delay} {}

  // The reason, as given.
  const char* what() const noexcept override { return reason_.c_str(); }
  // The delay, as given. Empty: by backoff.
  std::optional<std::chrono::milliseconds> delay() const { return delay_; }

 private:
  std::string reason_;
  std::optional<std::chrono::milliseconds> delay_;
};

}  // namespace forkmill
