// The tasks of the chaos ring: what its clients submit and its workers run; and what its named objects are like. A
// handler says in its journal when it begins and when it is about to return, and returns what names the attempt
// (value_of), so that a result can be told from that of any other attempt.
#pragma once

#include <forkmill/task.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <string>

namespace forkmill::chaos {

inline constexpr Task<std::string(int)> kShort{"chaos.short"};          // nothing
inline constexpr Task<std::string(int)> kLong{"chaos.long"};            // so many milliseconds, or until asked to stop
inline constexpr Task<std::string(int)> kStubborn{"chaos.stubborn"};    // the same, deaf to being asked
inline constexpr Task<std::string(int, int)> kDie{"chaos.die"};         // in this way (Death), before this attempt
inline constexpr Task<std::string(int)> kThrow{"chaos.throw"};          // before this attempt
inline constexpr Task<std::string(int)> kRetry{"chaos.retry"};          // asks for another before this attempt
inline constexpr Task<std::string(std::string)> kLarge{"chaos.large"};  // as large a result as the argument

// Of named objects.
inline constexpr std::int64_t kObjectPeriod = 15'000'000;  // microseconds that one is used for, then come others
inline constexpr std::int64_t kUnits = 3;                  // of each semaphore
inline constexpr std::int64_t kSessionTimeout =
    4'000'000;                              // microseconds of silence: then a broker takes a peer for dead
inline constexpr std::int64_t kRoom = 40;   // in each queue
inline constexpr const char* kKey = "key";  // in each dict

enum Death { kSegfault, kQuick, kExit, kAbort, kDeaths };

// "9abc 3-1042-1", as the rules of tests/sim/rules/history.h have it.
inline std::string value_of(const TaskId& id, const std::string& token) {
  return id.to_string().substr(32) + " " + token;
}

}  // namespace forkmill::chaos
