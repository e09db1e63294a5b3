// Tasks of the chaos ring, which its clients submit and its workers run, and properties of its named objects. A
// handler records in its journal when it starts and when it is about to return. Its result names the attempt
// (value_of), so that it differs from the result of any other attempt.
#pragma once

#include <forkmill/task.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <string>

namespace forkmill::chaos {

inline constexpr Task<std::string(int)> kShort{"chaos.short"};  // does nothing
inline constexpr Task<std::string(int)> kLong{"chaos.long"};    // waits for these milliseconds, or until asked to stop
inline constexpr Task<std::string(int)> kStubborn{"chaos.stubborn"};    // the same, but ignores requests to stop
inline constexpr Task<std::string(int, int)> kDie{"chaos.die"};         // dies in this way (Death) before this attempt
inline constexpr Task<std::string(int)> kThrow{"chaos.throw"};          // throws in attempts before this one
inline constexpr Task<std::string(int)> kRetry{"chaos.retry"};          // asks for a retry in attempts before this one
inline constexpr Task<std::string(std::string)> kLarge{"chaos.large"};  // returns a result as large as the argument

// Named objects and sessions.
inline constexpr std::int64_t kObjectPeriod = 15'000'000;  // microseconds after which other objects are used
inline constexpr std::int64_t kUnits = 3;                  // units of each semaphore
inline constexpr std::int64_t kSessionTimeout =
    4'000'000;                              // microseconds of silence after which the broker gives up a peer
inline constexpr std::int64_t kRoom = 40;   // capacity of each queue
inline constexpr const char* kKey = "key";  // the only key in each dict

// The queue of a part of the tasks, if the cluster has several shards: it is on all of them.
inline constexpr const char* kSpreadQueue = "chaos@*";

enum Death { kSegfault, kQuick, kExit, kAbort, kDeaths };

// Returns, for instance, "9abc 3-1042-1", as the rules of tests/sim/rules/history.h expect it.
inline std::string value_of(const TaskId& id, const std::string& token) {
  return id.to_string().substr(32) + " " + token;
}

}  // namespace forkmill::chaos
