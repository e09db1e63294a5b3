// Durations, sizes, rates and times as people read them: rounded. proto/settings/quantities.h has the exact texts that
// programs read.
#pragma once

#include <cstdint>
#include <string>

#include "proto/text.h"

namespace forkmill::cli {

// At most two units: "350ms", "4.2s", "3m12s", "2h05m", "3d04h". "0s" for negative durations.
std::string format_duration(double seconds);

// "17 B", "1.5 KiB", "3.2 GiB".
std::string format_bytes(std::uint64_t bytes);

// "0.25/s", "4.2/s", "131/s", "12.4k/s".
std::string format_rate(double per_second);

// RFC 3339 in UTC with milliseconds: "2026-11-20T13:51:13.250Z"; "-" for 0, which means never.
std::string format_time(std::int64_t unix_ms);

// The start of something, for tables: the local time "13:51:13", or the date "2026-11-20" if `unix_ms` is a day or more
// before `now_ms`. "-" for 0.
std::string format_clock(std::int64_t unix_ms, std::int64_t now_ms);

// "1 job", "2 jobs".
using proto::format_count;

}  // namespace forkmill::cli
