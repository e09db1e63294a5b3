// Words: times, durations and lists as sentences have them. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "proto/clock.h"

namespace forkmill::broker {

// Returns the duration rounded to two units: "350 ms", "12 s", "3 min 5 s", "2 h 5 min", "3 d 4 h". "0 ms" if negative.
std::string in_words(proto::Instant duration);

// Returns a time in seconds: "2026-11-20 13:51:13 UTC".
std::string at_utc(proto::milliseconds unix_time);

// Returns "a", "a and b", "a, b and c"; of more than `most` words, the first ones and how many others there are.
std::string listed(const std::vector<std::string>& words, std::size_t most = 5);

}  // namespace forkmill::broker
