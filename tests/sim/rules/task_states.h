// TaskStates: a set of the states that a task may be in.
#pragma once

#include <cstdint>
#include <string>

namespace forkmill::sim {

using TaskStates = std::uint8_t;
enum : TaskStates {
  kAbsent = 1,  // the broker has never had the task
  kWaiting = 2,
  kRunning = 4,
  kSucceeded = 8,
  kFailed = 16,
  kCancelled = 32,
  kExpired = 64,
  kGone = 128,  // the broker has forgotten the task
  kUnfinished = kWaiting | kRunning,
  kFinished = kSucceeded | kFailed | kCancelled | kExpired,
};

// The states that the broker shows under this name; none for an unknown name.
inline TaskStates states_named(const std::string& name) {
  if (name == "scheduled" || name == "ready") return kWaiting;
  if (name == "running") return kRunning;
  if (name == "succeeded") return kSucceeded;
  if (name == "failed") return kFailed;
  if (name == "cancelled") return kCancelled;
  if (name == "finished") return kFinished;
  return name == "expired" ? kExpired : 0;
}

}  // namespace forkmill::sim
