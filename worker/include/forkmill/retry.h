// Retry: throw it from a handler to say "not now, try again". The attempt counts; when none is left, the task fails
// with the reason given here.
//
//     if (!server.reachable()) throw forkmill::Retry{"server is away", 30s};
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace forkmill {

class Retry : public std::exception {
 public:
  // Waits as long as the task's own backoff says.
  explicit Retry(std::string reason = "the handler asked for another attempt") : reason_{std::move(reason)} {}
  // Waits at least `delay`; a negative one counts as none.
  Retry(std::string reason, std::chrono::milliseconds delay) : reason_{std::move(reason)}, delay_{delay} {}

  const char* what() const noexcept override { return reason_.c_str(); }
  std::optional<std::chrono::milliseconds> delay() const { return delay_; }

 private:
  std::string reason_;
  std::optional<std::chrono::milliseconds> delay_;
};

}  // namespace forkmill
