// The charts of a report, as SVG in HTML. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/report/figures.h"

namespace forkmill::cli {

inline constexpr std::size_t kBars = 60;
inline constexpr std::size_t kMaxLines = 64;  // a chart of processes has no more

// Bars of the tasks that have ended in each part of the time; those that have not succeeded stand on top, outlined.
std::string bar_chart(const Ends& ends);

// One line for each process, with a box for each of its tasks. Boxes that would touch are drawn as one.
std::string timeline_chart(const std::vector<Line>& lines, std::int64_t from_ms, std::int64_t to_ms);

}  // namespace forkmill::cli
